# The evil authority and the client that checks every answer: tests/evil/README.md.
evil_common := tests/evil/truth.c tests/evil/words.c
evil_src := \
	tests/evil/ask.c \
	tests/evil/counters.c \
	tests/evil/forge.c \
	tests/evil/malformed.c \
	tests/evil/net.c \
	tests/evil/refer.c \
	tests/evil/reply.c \
	tests/evil/serve.c \
	tests/evil/stream.c

evil_programs := tests/evil/authority
main_tests/evil/authority := tests/evil/authority_main.c $(evil_src) $(evil_common)
parts_tests/evil/authority := hf
libs_tests/evil/authority := -levent
test_src += tests/evil/authority_main.c $(evil_src) $(evil_common)

.PHONY: evil-programs
evil-programs: $(addprefix $(O)/,$(evil_programs))
