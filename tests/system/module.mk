# System tests: the small programs that pytest starts, tests/system/helpers/NAME.c. A line each.
system_names := \
	hostile_dataplane \
	mini_control \
	resolve_main

system_parts_resolve_main := resolver validator hf
system_libs_resolve_main := -lldns -lcrypto

system_programs := $(addprefix tests/system/helpers/,$(system_names))
define system_vars
main_$(1) := $(1).c
parts_$(1) := $(or $(system_parts_$(notdir $(1))),hf)
libs_$(1) := $(system_libs_$(notdir $(1)))
endef
$(foreach t,$(system_programs),$(eval $(call system_vars,$(t))))
test_src += $(addsuffix .c,$(system_programs))

.PHONY: system-programs
system-programs: $(addprefix $(O)/,$(system_programs))
