# Benches: what `make bench` needs beside the programs. tests/bench/run does the rest.
bench_programs := tests/bench/preload
main_tests/bench/preload := tests/bench/preload_main.c
parts_tests/bench/preload := hf
test_src += tests/bench/preload_main.c

.PHONY: bench-programs
bench-programs: $(addprefix $(O)/,$(bench_programs))
