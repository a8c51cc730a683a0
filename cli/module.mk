# holdfastctl: the operator's command.
cli_src :=

programs += holdfastctl
main_holdfastctl := cli/main.c
parts_holdfastctl := cli hfconfig hf
libs_holdfastctl := -ljansson -lyaml
program_src += cli/main.c
