# System tests: the small programs that pytest starts, tests/system/helpers/NAME.c. A line each.
system_names := \
	hostile_dataplane \
	mini_control

system_programs := $(addprefix tests/system/helpers/,$(system_names))
define system_vars
main_$(1) := $(1).c
parts_$(1) := hf
endef
$(foreach t,$(system_programs),$(eval $(call system_vars,$(t))))
test_src += $(addsuffix .c,$(system_programs))

.PHONY: system-programs
system-programs: $(addprefix $(O)/,$(system_programs))
