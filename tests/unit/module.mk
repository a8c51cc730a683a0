# Unit tests: one program per file, tests/unit/NAME.c, cmocka, no root, no network.
# A line per test, in the alphabet's order.
unit_names := \
	audit_chain_test \
	base_access_test \
	base_addr_test \
	base_arena_test \
	base_date_test \
	base_log_test \
	base_nat64_test \
	base_rand_test \
	base_sha256_test \
	base_siphash_test \
	base_units_test \
	config_test \
	cp_admin_test \
	cp_anchors_test \
	cp_answer_test \
	cp_audit_test \
	cp_buckets_test \
	cp_channel_test \
	cp_choose_test \
	cp_cookies_test \
	cp_datagrams_test \
	cp_engine_test \
	cp_link_test \
	cp_keytrap_test \
	cp_local_test \
	cp_nta_clock_test \
	cp_nta_second_test \
	cp_nta_test \
	cp_stale_test \
	cp_pack_test \
	cp_policy_test \
	cp_probe_test \
	cp_ranges_test \
	cp_recovery_test \
	cp_resolver_budget_test \
	cp_resolver_cut_test \
	cp_resolver_evidence_test \
	cp_resolver_flight_test \
	cp_resolver_keys_test \
	cp_resolver_lost_test \
	cp_resolver_minimise_test \
	cp_resolver_reply_test \
	cp_resolver_secure_test \
	cp_resolver_test \
	cp_rollover_test \
	cp_resolver_trace_test \
	cp_rootcopy_test \
	cp_route_test \
	cp_server_test \
	cp_sentinel_test \
	cp_shadow_test \
	cp_steady_test \
	cp_store_test \
	cp_synth_test \
	cp_suffix_test \
	cp_table_test \
	cp_tracer_test \
	cp_trouble_test \
	cp_trust_point_test \
	cp_upstream_test \
	cp_waiting_test \
	cp_zones_test \
	dp_access_test \
	dp_batch_test \
	dp_bell_test \
	dp_bucket_test \
	dp_cookie_test \
	dp_entry_test \
	dp_evict_test \
	dp_exception_test \
	dp_guard_test \
	dp_hash_test \
	dp_hit_limit_test \
	dp_hit_test \
	dp_identity_test \
	dp_idle_test \
	dp_judge_test \
	dp_latency_test \
	dp_neighbour_test \
	dp_options_test \
	dp_packet_test \
	dp_pending_test \
	dp_timers_test \
	dp_policy_test \
	dp_readers_test \
	dp_realtime_test \
	dp_rss_test \
	dp_race_test \
	dp_serve_test \
	dp_share_test \
	dp_survey_test \
	dp_table_test \
	dp_wait_test \
	link_attach_test \
	link_forged_test \
	link_hostile_test \
	link_msg_test \
	link_process_test \
	link_ring_test \
	va_crypto_test \
	va_denial_model_test \
	va_denial_test \
	va_evidence_test \
	va_keys_test \
	va_keytrap_test \
	va_rfc_test \
	va_rrset_test \
	va_zones_test \
	wire_cookie_test \
	wire_message_test \
	wire_name_test \
	wire_rdata_test \
	wire_reply_test \
	wire_rotate_test \
	wire_usual_test \
	wire_writer_test

unit_parts_cp_anchors_test := controlplane resolver validator hfconfig hf
unit_parts_cp_nta_clock_test := controlplane resolver validator hfconfig hf
unit_parts_cp_nta_second_test := controlplane resolver validator hfconfig hf
unit_parts_cp_nta_test := controlplane resolver validator hfconfig hf
unit_parts_cp_stale_test := controlplane resolver validator hfconfig hf
unit_parts_cp_rollover_test := controlplane resolver validator hfconfig hf
unit_libs_cp_rollover_test := -lldns
unit_parts_cp_trust_point_test := controlplane resolver validator hfconfig hf
unit_parts_cp_steady_test := controlplane resolver validator hfconfig hf
unit_parts_cp_audit_test := controlplane resolver validator hfconfig hf
unit_parts_cp_store_test := controlplane resolver validator hfconfig hf
unit_parts_cp_waiting_test := controlplane resolver validator hfconfig hf
unit_parts_cp_upstream_test := controlplane resolver validator hfconfig hf
unit_parts_cp_channel_test := controlplane resolver validator hfconfig hf
unit_parts_cp_tracer_test := controlplane resolver validator hfconfig hf
unit_parts_cp_engine_test := controlplane resolver validator hfconfig hf
unit_parts_cp_datagrams_test := controlplane resolver validator hfconfig hf
unit_parts_cp_link_test := controlplane resolver validator hfconfig hf
unit_parts_cp_cookies_test := controlplane resolver validator hfconfig hf
unit_parts_cp_answer_test := controlplane resolver validator hfconfig hf
unit_parts_cp_admin_test := controlplane resolver validator hfconfig hf
unit_parts_config_test := hfconfig hf
unit_parts_base_access_test := hf
unit_parts_base_log_test := hf
unit_parts_base_nat64_test := hf
unit_parts_base_rand_test := hf
unit_parts_audit_chain_test := hf
unit_parts_base_date_test := hf
unit_parts_base_sha256_test := hf
unit_parts_base_siphash_test := hf
unit_parts_base_arena_test := hf
unit_parts_base_addr_test := hf
unit_parts_base_units_test := hf
unit_parts_wire_writer_test := hf
unit_parts_va_crypto_test := validator hf
unit_parts_va_denial_test := validator hf
unit_parts_va_keys_test := validator hf
unit_parts_va_keytrap_test := validator hf
unit_parts_va_rrset_test := validator hf
unit_parts_va_rfc_test := validator hf
unit_libs_va_rfc_test := -lldns
unit_parts_va_zones_test := validator hf
unit_libs_va_zones_test := -lldns
unit_parts_wire_rdata_test := hf
unit_parts_wire_message_test := hf
unit_parts_wire_cookie_test := hf
unit_parts_wire_name_test := hf
unit_parts_dp_bucket_test := dataplane hf
unit_parts_dp_exception_test := dataplane hf
unit_parts_dp_neighbour_test := dataplane hf
unit_parts_dp_options_test := dataplane hf
unit_parts_dp_packet_test := dataplane hf
unit_parts_link_attach_test := hf
unit_parts_link_hostile_test := hf
unit_parts_link_msg_test := hf
unit_parts_link_ring_test := hf
unit_parts_wire_reply_test := hf
unit_parts_wire_rotate_test := hf
unit_parts_wire_usual_test := hf
unit_parts_dp_guard_test := dataplane hf
unit_parts_dp_access_test := dataplane hf
unit_libs_dp_access_test := $(dpdk_libs)
unit_parts_dp_hash_test := dataplane hf
unit_parts_dp_hit_limit_test := dataplane hf
unit_parts_dp_hit_test := dataplane hf
unit_parts_dp_entry_test := dataplane hf
unit_parts_dp_policy_test := dataplane hf
unit_parts_dp_judge_test := dataplane hf
unit_parts_dp_latency_test := hf
unit_parts_dp_batch_test := dataplane hf
unit_parts_dp_bell_test := dataplane hf
unit_parts_dp_idle_test := hf
unit_parts_dp_readers_test := dataplane hf
unit_parts_dp_realtime_test := dataplane hf
unit_parts_dp_rss_test := dataplane hf
unit_parts_dp_table_test := dataplane hf
unit_parts_dp_evict_test := dataplane hf
unit_parts_dp_race_test := dataplane hf
unit_parts_cp_policy_test := resolver validator hf
unit_parts_cp_buckets_test := resolver hf
unit_parts_cp_pack_test := resolver validator hf
unit_parts_cp_choose_test := resolver validator hf
unit_libs_cp_choose_test := -lldns
unit_parts_cp_server_test := resolver validator hf
unit_parts_cp_suffix_test := controlplane resolver validator hfconfig hf
unit_parts_cp_table_test := resolver validator hf
$(foreach t,$(filter cp_resolver%,$(unit_names)),$(eval unit_parts_$(t) := resolver validator hf)$(eval unit_libs_$(t) := -lldns))
unit_parts_cp_local_test := resolver validator hf
unit_libs_cp_local_test := -lldns
unit_parts_cp_zones_test := controlplane resolver validator hfconfig hf
unit_libs_cp_zones_test := -lldns
unit_parts_cp_sentinel_test := controlplane resolver validator hfconfig hf
unit_libs_cp_sentinel_test := -lldns
unit_parts_cp_probe_test := controlplane resolver validator hfconfig hf
unit_libs_cp_probe_test := -lldns
unit_parts_cp_recovery_test := controlplane resolver validator hfconfig hf
unit_parts_cp_shadow_test := resolver validator hf
unit_libs_cp_shadow_test := -lldns
unit_parts_dp_identity_test := dataplane hf
unit_parts_dp_cookie_test := dataplane hf
unit_parts_cp_rootcopy_test := resolver validator hf
unit_libs_cp_rootcopy_test := -lldns
unit_parts_cp_route_test := resolver validator hf
unit_libs_cp_route_test := -lldns
unit_parts_dp_share_test := dataplane hf
unit_parts_dp_serve_test := dataplane hf
unit_parts_dp_pending_test := dataplane hf
unit_parts_dp_timers_test := dataplane hf
unit_parts_cp_ranges_test := resolver validator hf
unit_parts_cp_synth_test := resolver validator hf
unit_libs_cp_synth_test := -lldns
unit_parts_cp_trouble_test := resolver validator hf
unit_parts_cp_keytrap_test := resolver validator hf
unit_parts_cp_resolver_keys_test := resolver validator hf
unit_libs_cp_resolver_keys_test := -lldns
unit_libs_cp_keytrap_test := -lldns
unit_libs_cp_trouble_test := -lldns

unit_tests := $(addprefix tests/unit/,$(unit_names))
unit_parts := dataplane controlplane cli resolver validator hfconfig hf
unit_libs := -lcmocka -levent -ljansson -lsqlite3 -lcrypto -lyaml -lpthread
define unit_test_vars
main_$(1) := $(1).c
parts_$(1) := $(or $(unit_parts_$(notdir $(1))),$(unit_parts))
libs_$(1) := $(unit_libs) $(unit_libs_$(notdir $(1)))
endef
$(foreach t,$(unit_tests),$(eval $(call unit_test_vars,$(t))))
test_src += $(addsuffix .c,$(unit_tests))
$(O)/tests/unit/dp_access_test.o: cflags_tests := $(dpdk_cflags)
