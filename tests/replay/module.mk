# The replay harness: plays .rpl scenarios against the resolver core. `make replay` does.
replay_src := \
	tests/replay/client.c \
	tests/replay/core.c \
	tests/replay/expected.c \
	tests/replay/infer.c \
	tests/replay/main.c \
	tests/replay/match.c \
	tests/replay/net.c \
	tests/replay/packet.c \
	tests/replay/play.c \
	tests/replay/rpl.c \
	tests/replay/rpl_record.c \
	tests/replay/setup.c \
	tests/replay/spoil.c

replay_programs := tests/replay/holdfast-replay
main_tests/replay/holdfast-replay := $(replay_src)
parts_tests/replay/holdfast-replay := dataplane controlplane resolver validator hf
libs_tests/replay/holdfast-replay := -lldns -lcrypto -lpthread
test_src += $(replay_src)

.PHONY: replay-programs
replay-programs: $(addprefix $(O)/,$(replay_programs))
