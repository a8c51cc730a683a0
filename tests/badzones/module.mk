# Bad zones: every predicate of the validator broken alone; one of the unit tests.
badzones_src := \
	tests/badzones/denial_cases.c \
	tests/badzones/flip_cases.c \
	tests/badzones/form_cases.c \
	tests/badzones/look.c \
	tests/badzones/main.c \
	tests/badzones/passing_cases.c \
	tests/badzones/run.c \
	tests/badzones/signature_cases.c \
	tests/badzones/wildcard_cases.c \
	tests/badzones/world.c

unit_tests += tests/badzones/badzones
main_tests/badzones/badzones := $(badzones_src)
parts_tests/badzones/badzones := resolver validator hf
libs_tests/badzones/badzones := -lcmocka -lldns -lcrypto -lpthread
test_src += $(badzones_src)
