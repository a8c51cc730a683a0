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

evil_checker_src := \
	tests/evil/asker.c \
	tests/evil/check.c

evil_programs := tests/evil/authority tests/evil/checker
main_tests/evil/authority := tests/evil/authority_main.c $(evil_src) $(evil_common)
parts_tests/evil/authority := hf
libs_tests/evil/authority := -levent
main_tests/evil/checker := tests/evil/checker_main.c $(evil_checker_src) $(evil_common)
parts_tests/evil/checker := hf
test_src += tests/evil/authority_main.c tests/evil/checker_main.c
test_src += $(evil_src) $(evil_checker_src) $(evil_common)

.PHONY: evil-programs
evil-programs: $(addprefix $(O)/,$(evil_programs))
