# holdfast-controlplane: recursion, validation, policy store, admin socket.
# resolver_src is the resolver core: no I/O, no clock; the replay harness links it alone.
resolver_src :=

controlplane_src :=

programs += holdfast-controlplane
main_holdfast-controlplane := controlplane/main.c
parts_holdfast-controlplane := controlplane resolver validator hfconfig hf
libs_holdfast-controlplane := -levent -ljansson -lsqlite3 -lcrypto -lyaml -lpthread
program_src += controlplane/main.c
