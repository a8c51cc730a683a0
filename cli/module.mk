# holdfastctl: the operator's command.
cli_src := \
	cli/ack.c \
	cli/anchor.c \
	cli/audit.c \
	cli/cache.c \
	cli/client.c \
	cli/config.c \
	cli/cookie.c \
	cli/latency.c \
	cli/nta.c \
	cli/peers.c \
	cli/plan.c \
	cli/record.c \
	cli/recovery.c \
	cli/stale.c \
	cli/status.c \
	cli/trace.c

programs += holdfastctl
main_holdfastctl := cli/main.c
parts_holdfastctl := cli hfconfig hf
libs_holdfastctl := -ljansson -lsqlite3 -lyaml -lldns
program_src += cli/main.c
