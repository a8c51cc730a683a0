# Benches: what `make bench` needs beside the programs; the scripts in this folder do the rest.
bench_programs := tests/bench/preload tests/bench/control tests/bench/stage-cycles tests/bench/table-bench tests/bench/validator-checks tests/bench/echo tests/bench/neighbour
main_tests/bench/preload := tests/bench/preload_main.c tests/bench/content.c
parts_tests/bench/preload := hf
main_tests/bench/control := tests/bench/control_main.c tests/bench/content.c
parts_tests/bench/control := hf
main_tests/bench/stage-cycles := tests/bench/stages_main.c
parts_tests/bench/stage-cycles := dataplane hf
libs_tests/bench/stage-cycles := -lpthread
main_tests/bench/table-bench := tests/bench/table_main.c
parts_tests/bench/table-bench := dataplane hf
libs_tests/bench/table-bench := -lpthread
main_tests/bench/neighbour := tests/bench/neighbour_main.c
parts_tests/bench/neighbour := hf
main_tests/bench/echo := tests/bench/echo_main.c
parts_tests/bench/echo := hf
main_tests/bench/validator-checks := tests/bench/validator_main.c
parts_tests/bench/validator-checks := validator hf
libs_tests/bench/validator-checks := -lcrypto
test_src += $(addprefix tests/bench/,preload_main.c control_main.c content.c stages_main.c table_main.c echo_main.c neighbour_main.c validator_main.c)

.PHONY: bench-programs
bench-programs: $(addprefix $(O)/,$(bench_programs))
