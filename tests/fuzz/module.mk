# libFuzzer targets: tests/fuzz/NAME.c with LLVMFuzzerTestOneInput. Built by
# `make SAN=fuzz CC=clang fuzz-programs`. A line per target.
fuzz_names := \
	config_fuzz \
	config_zonetext_fuzz \
	cp_axfr_fuzz \
	cp_pack_fuzz \
	cp_reply_fuzz \
	cp_suffix_fuzz \
	cp_trust_point_fuzz \
	cp_zone_fuzz \
	dp_hit_fuzz \
	dp_packet_fuzz \
	dp_serve_fuzz \
	link_msg_fuzz \
	va_denial_fuzz \
	va_rrset_fuzz \
	wire_message_fuzz \
	wire_name_fuzz \
	wire_query_fuzz \
	wire_reply_fuzz

fuzz_parts_config_fuzz := hfconfig hf
fuzz_parts_config_zonetext_fuzz := hfconfig hf
fuzz_parts_cp_axfr_fuzz := resolver validator hf
fuzz_parts_cp_pack_fuzz := resolver validator hf
fuzz_parts_cp_reply_fuzz := resolver validator hf
fuzz_parts_cp_zone_fuzz := resolver validator hf
fuzz_more_cp_zone_fuzz := tests/badzones/look.c tests/badzones/world.c
fuzz_libs_cp_zone_fuzz := -lldns
fuzz_parts_cp_trust_point_fuzz := controlplane resolver validator hfconfig hf
fuzz_parts_dp_hit_fuzz := dataplane hf
fuzz_parts_dp_serve_fuzz := dataplane hf
fuzz_parts_link_msg_fuzz := hf
fuzz_parts_wire_reply_fuzz := hf
fuzz_parts_wire_message_fuzz := hf
fuzz_parts_wire_name_fuzz := hf
fuzz_parts_wire_query_fuzz := hf

ifeq ($(SAN),fuzz)
fuzz_targets := $(addprefix tests/fuzz/,$(fuzz_names))
endif
define fuzz_vars
main_$(1) := $(1).c $(fuzz_more_$(notdir $(1)))
parts_$(1) := $(or $(fuzz_parts_$(notdir $(1))),$(unit_parts))
libs_$(1) := -fsanitize=fuzzer $(filter-out -lcmocka,$(unit_libs)) $(fuzz_libs_$(notdir $(1)))
endef
$(foreach t,$(fuzz_targets),$(eval $(call fuzz_vars,$(t))))
test_src += $(addsuffix .c,$(fuzz_targets))
fuzz-programs: $(addprefix $(O)/,$(fuzz_targets))
