/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of lib/config. Needs no root, no network. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/config/schema.h"

static struct hf_config c;
static struct hf_config_errors errors;

static int
parse(const char *text)
{
	return hf_config_parse("f.yaml", text, strlen(text), &c, &errors);
}

static void
done(int loaded)
{
	if (loaded == 0)
		hf_config_fini(&c);
	hf_config_errors_fini(&errors);
}

static void
an_empty_file_means_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(c.workers, 1);
	assert_int_equal(c.stale_client_timer_ns, UINT64_C(1800000000));
	assert_string_equal(c.ports.item[0], "net_tap0,iface=hf0");
	assert_int_equal(c.service_addresses.cnt, 2);
	assert_string_equal(c.exception, "none");
	assert_string_equal(c.service_tcp_netns, "none");
	done(0);
}

static void
the_shipped_file_says_exactly_the_defaults(void **state)
{
	(void)state;
	struct hf_config fallback;
	char a[HF_SCHEMA_SHOW_LEN], b[HF_SCHEMA_SHOW_LEN];

	hf_config_defaults(&fallback);
	assert_int_equal(hf_config_load("packaging/holdfast.yaml", &c, &errors), 0);
	for (size_t i = 0; i < hf_schema_cnt; i++)
		assert_string_equal(hf_schema_show(&hf_schema[i], &c, a),
		    hf_schema_show(&hf_schema[i], &fallback, b));
	hf_config_fini(&fallback);
	done(0);
}

static void
the_shipped_file_names_every_key(void **state)
{
	(void)state;
	static char text[65536];
	FILE *f = fopen("packaging/holdfast.yaml", "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	for (size_t i = 0; i < hf_schema_cnt; i++) {
		char line[128];
		snprintf(line, sizeof(line), "\n%s%s:", hf_schema[i].section[0] ? "  " : "",
		    hf_schema[i].name);
		assert_non_null(strstr(text, line));
	}
}

static void
a_whole_file_is_read(void **state)
{
	(void)state;
	assert_int_equal(parse("log-level: debug\n"
			       "listen: [127.0.0.1@5335, \"::1@5335\"]\n"
			       "dataplane:\n"
			       "  ports: [\"net_af_packet0,iface=svc0\"]\n"
			       "  workers: 2\n"
			       "  idle: poll\n"
			       "  cache-size: 1GiB\n"
			       "limits: {time: 2s500ms}\n"
			       "resolver: {ipv6: off}\n"),
	    0);
	assert_int_equal(c.log_level, HF_LOG_DEBUG);
	assert_int_equal(c.listen.cnt, 2);
	assert_int_equal(c.listen.item[1].port, 5335);
	assert_int_equal(c.workers, 2);
	assert_int_equal(c.idle, HF_IDLE_POLL);
	assert_int_equal(c.dataplane_cache_octets, UINT64_C(1) << 30);
	assert_int_equal(c.limit_time_ns, UINT64_C(2500000000));
	assert_false(c.ipv6);
	assert_int_equal(c.ports.cnt, 1);
	done(0);
}

static void
access_lists_are_read_and_a_network_is_in_one_of_them(void **state)
{
	(void)state;
	struct hf_addr who;
	struct hf_access a;

	assert_int_equal(parse(""), 0);
	a = hf_config_access(&c);
	assert_int_equal(hf_addr_from_text("10.1.2.3", &who), 0);
	assert_int_equal(hf_access_judge(&a, &who), HF_ACCESS_ALLOW);
	assert_int_equal(hf_addr_from_text("8.8.8.8", &who), 0);
	assert_int_equal(hf_access_judge(&a, &who), HF_ACCESS_REFUSE);
	done(0);
	assert_int_equal(parse("access:\n"
			       "  allow: [8.8.0.0/16, \"2001:db8::/32\"]\n"
			       "  refuse: [10.0.0.0/8]\n"
			       "  drop: [8.8.8.0/24, 192.0.2.7]\n"
			       "  others: allow\n"),
	    0);
	a = hf_config_access(&c);
	assert_int_equal(a.cnt, 5);
	assert_int_equal(a.others, HF_ACCESS_ALLOW);
	assert_int_equal(hf_access_judge(&a, &who), HF_ACCESS_DROP);
	done(0);
}

static void
rates_of_clients_and_replies_are_read(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("limits: {client-rate: 1000, client-burst: 5000, slip: 3}\n"
		  "response-rate: {answers: 100, nxdomain: 20, errors: 10, window: 5s,\n"
		  "  ipv4-prefix: 32, ipv6-prefix: 48}\n"),
	    0);
	assert_true(c.limit_client_rate == 1000 && c.limit_client_burst == 5000);
	assert_int_equal(c.limit_slip, 3);
	assert_true(c.rrl_answers == 100 && c.rrl_nxdomain == 20 && c.rrl_errors == 10);
	assert_int_equal(c.rrl_window_ns, UINT64_C(5000000000));
	assert_true(c.rrl_ipv4_prefix == 32 && c.rrl_ipv6_prefix == 48);
	done(0);
}

static void
zones_are_read_with_their_servers(void **state)
{
	(void)state;
	char shown[HF_SCHEMA_SHOW_LEN];

	assert_int_equal(parse("forward:\n"
			       "  - zone: .\n"
			       "    servers: [192.0.2.1, \"2001:db8::1@5353\"]\n"
			       "    first: yes\n"
			       "  - {zone: Corp.Example., servers: [192.0.2.2], validate: no}\n"
			       "stub:\n"
			       "  - {zone: lab., servers: [192.0.2.3@5300, ns.lab.]}\n"
			       "local-zones: {Home.Arpa.: off, lan.: empty}\n"
			       "local-data: [\"a.lan. A 10.0.0.1\", \"b.lan. A 10.0.0.2\"]\n"),
	    0);
	assert_int_equal(c.local_zones.cnt, 2);
	assert_int_equal(c.local_zones.item[0].word, HF_LOCAL_OFF);
	assert_int_equal(c.local_zones.item[1].word, HF_LOCAL_EMPTY);
	assert_int_equal(c.local_data.cnt, 2);
	assert_int_equal(c.forwards.cnt, 2);
	assert_int_equal(c.forwards.item[0].name.len, 1);
	assert_int_equal(c.forwards.item[0].servers.addr[1].port, 5353);
	assert_true(c.forwards.item[0].first && c.forwards.item[0].validate);
	assert_false(c.forwards.item[1].first || c.forwards.item[1].validate);
	assert_int_equal(c.stubs.item[0].servers.addr_cnt, 1);
	assert_int_equal(c.stubs.item[0].servers.name_cnt, 1);
	for (size_t i = 0; i < hf_schema_cnt; i++) {
		hf_schema_show(&hf_schema[i], &c, shown);
		if (strcmp(hf_schema[i].name, "local-zones") == 0)
			assert_string_equal(shown, "{\"home.arpa.\": off, \"lan.\": empty}");
		if (strcmp(hf_schema[i].name, "stub") == 0)
			assert_string_equal(shown,
			    "[{zone: \"lab.\", servers: [\"192.0.2.3@5300\", "
			    "\"ns.lab.\"], validate: yes}]");
	}
	done(0);
}

static void
a_list_too_long_to_show_says_so(void **state)
{
	(void)state;
	static char text[65536];
	char shown[HF_SCHEMA_SHOW_LEN];

	strcpy(text, "forward:\n");
	for (int i = 0; i < 200; i++)
		sprintf(text + strlen(text), "  - {zone: z%d., servers: [192.0.2.1]}\n", i);
	assert_int_equal(parse(text), 0);
	assert_int_equal(c.forwards.cnt, 200);
	for (size_t i = 0; i < hf_schema_cnt; i++) {
		hf_schema_show(&hf_schema[i], &c, shown);
		if (strcmp(hf_schema[i].name, "forward") == 0)
			assert_string_equal(shown + strlen(shown) - 3, "...");
	}
	done(0);
}

static const struct {
	const char *text, *error;
} bad[] = {
    {"wrokers: 1\n", "f.yaml:1:1: unknown key \"wrokers\""},
    {"dataplane:\n  wrokers: 1\n",
	"f.yaml:2:3: unknown key \"wrokers\" (did you mean \"workers\"?)"},
    {"datplane: {}\n", "f.yaml:1:1: unknown key \"datplane\" (did you mean \"dataplane\"?)"},
    {"dataplane:\n  workers: 1\n  workers: 2\n", "f.yaml:3:3: key \"workers\" is given twice"},
    {"link: {}\nlink: {}\n", "f.yaml:2:1: key \"link\" is given twice"},
    {"limits:\n  time: 5\n", "f.yaml:2:9: time: \"5\" is not a duration with its unit"},
    {"limits:\n  time: 5 s\n", "f.yaml:2:9: time: \"5 s\" is not a duration"},
    {"limits:\n  time: 31s\n", "f.yaml:2:9: time: \"31s\" is outside 100ms to 30s"},
    {"dataplane:\n  cache-size: 512\n",
	"f.yaml:2:15: cache-size: \"512\" is not a size with its unit"},
    {"dataplane:\n  cache-size: 512MB\n", "f.yaml:2:15: cache-size: \"512MB\" is not a size"},
    {"dataplane:\n  workers: 0\n", "f.yaml:2:12: workers: \"0\" is outside 1 to 64"},
    {"dataplane:\n  workers: -1\n", "f.yaml:2:12: workers: \"-1\" is not a whole number"},
    {"dataplane:\n  workers: 99999999999999999999999\n", "f.yaml:2:12: workers:"},
    {"dataplane:\n  workers:\n", "f.yaml:2:11: workers: the value is missing"},
    {"dataplane:\n  workers: [1]\n", "f.yaml:2:12: workers must be a single value"},
    {"dataplane:\n  idle: lazy\n", "f.yaml:2:9: idle: \"lazy\" is none of adaptive, poll"},
    {"resolver:\n  ipv4: True\n",
	"f.yaml:2:9: ipv4: \"True\" is not true, false, yes, no, on or off"},
    {"access: {allow: [10.0.0.1/8]}\n", "f.yaml:1:18: allow: \"10.0.0.1/8\" is not a network"},
    {"access: {drop: [\"::ffff:10.0.0.0/104\"]}\n",
	"f.yaml:1:17: drop: \"::ffff:10.0.0.0/104\" is a network of IPv4: write it as such"},
    {"access: {drop: [10.0.0.0/8]}\n", "f.yaml:1:17: drop: \"10.0.0.0/8\" is in a list of access"},
    {"access: {others: deny}\n", "others: \"deny\" is none of allow, refuse, drop"},
    {"response-rate: {window: 1500ms}\n", "response-rate: window is whole seconds"},
    {"response-rate: {ipv6-prefix: 64}\n", "\"64\" is outside 16 to 56"},
    {"resolver: {ipv4: no, ipv6: no}\n", "f.yaml:1:1: resolver: ipv4 and ipv6 are both off"},
    {"local-data:\n  - a.lan. A 192.0.2.1\n  - b.lan. A 192.0.2.\n",
	"f.yaml:3:5: local-data: record:1:10: "},
    {"local-data: [a.lan A 192.0.2.1]\n", "f.yaml:1:14: local-data: record:1:1: "},
    {"local-data: [a.lan. NOSUCH 1]\n", "f.yaml:1:14: local-data: record:1:8: "},
    {"local-data: [/nonexistent/zone]\n", "f.yaml:1:14: local-data: /nonexistent/zone"},
    {"listen: 127.0.0.1@53\n", "f.yaml:1:9: listen must be a list"},
    {"listen: [127.0.0.1]\n", "f.yaml:1:10: listen: \"127.0.0.1\" is not an address with a port"},
    {"listen: [127.0.0.1@53, 127.0.0.1@53]\n",
	"f.yaml:1:24: listen: \"127.0.0.1@53\" is given twice"},
    {"dataplane: {service-addresses: []}\n", "f.yaml:1:32: service-addresses: at least 1 needed"},
    {"dataplane: {service-addresses: [192.0.2.1@53]}\n", "is not an IPv4 or IPv6 address"},
    {"dataplane: {service-addresses: [\"ff02::1\"]}\n", "is not an IPv4 or IPv6 address of a host"},
    {"dataplane: {service-addresses: [127.0.0.1]}\n", "is not an IPv4 or IPv6 address of a host"},
    {"dataplane: {service-addresses: [0.0.0.0]}\n", "is not an IPv4 or IPv6 address of a host"},
    {"dataplane: {ports: []}\n", "f.yaml:1:20: ports: at least 1 needed"},
    {"dataplane: {ports: [\"a\\nlink=/x\"]}\n", "f.yaml:1:21: ports: a control character"},
    {"validation: {trust-anchors: []}\n", "trust-anchors: at least 1 needed"},
    {"link: {socket: /x}\ncontrol: {socket: /x}\n", "link.socket and control.socket are the same"},
    {"stale: {ttl: 1500ms}\n", "stale: ttl, max and retry are whole seconds"},
    {"a: &x 1\nb: *x\n", "aliases are not used here"},
    {"limits:\n  sends: !!int 5\n", "f.yaml:2:10: sends: tags are not used here"},
    {"dataplane: 5\n", "f.yaml:1:12: dataplane holds keys of its own"},
    {"link:\n\tsocket: /x\n", "f.yaml:2:1: a tab; use spaces"},
    {"[1, 2]\n", "f.yaml:1:1: the file must hold keys and values"},
    {"link: {socket: /x\n", "f.yaml:2:1: "},
    {"log-level: info\n---\nlog-level: info\n", "f.yaml:2:1: a second document"},
    {"policy: {nta-default: 2d, nta-max: 1d}\n", "nta-default is longer than nta-max"},
    {"validation: {skew-min: 10m, skew-max: 5m}\n", "skew-min is longer than skew-max"},
    {"validation: {skew-max: 3600500ms}\n", "skew-min and skew-max are whole seconds"},
    {"validation: {skew-max: 2d}\n", "f.yaml:1:24: skew-max"},
    {"forward: {zone: .}\n", "f.yaml:1:10: forward must be a list"},
    {"forward: [a.]\n", "f.yaml:1:11: forward: each zone is written {zone: ..., servers: [...]}"},
    {"forward:\n  - zone: a.\n    zone: b.\n    servers: [192.0.2.1]\n",
	"f.yaml:3:5: key \"zone\" is given twice"},
    {"forward:\n  - zone: a.\n", "f.yaml:2:5: forward: servers is missing"},
    {"forward:\n  - servers: [192.0.2.1]\n", "f.yaml:2:5: forward: zone is missing"},
    {"forward:\n  - zone: a.\n    servers: []\n", "f.yaml:3:14: servers: at least 1 needed"},
    {"forward:\n  - zone: a.\n    servrs: [192.0.2.1]\n",
	"f.yaml:3:5: unknown key \"servrs\" (did you mean \"servers\"?)"},
    {"forward:\n  - zone: a\n    servers: [192.0.2.1]\n",
	"f.yaml:2:11: zone: \"a\" is not a name that ends in a dot"},
    {"forward:\n  - zone: a\\.\n    servers: [192.0.2.1]\n",
	"f.yaml:2:11: zone: \"a\\.\" is not a name that ends in a dot"},
    {"forward:\n  - zone: a.\n    servers: [ns.a.]\n",
	"f.yaml:3:15: servers: \"ns.a.\" is not an address, such as 192.0.2.1"},
    {"stub:\n  - zone: a.\n    servers: [ns.a]\n",
	"f.yaml:3:15: servers: \"ns.a\" is not an address, an address@port or a name"},
    {"stub:\n  - zone: a.\n    servers: [192.0.2.1, 192.0.2.1]\n",
	"f.yaml:3:26: servers: \"192.0.2.1\" is given twice"},
    {"stub:\n  - zone: a.\n    servers: [192.0.2.1]\n    first: yes\n",
	"f.yaml:4:5: unknown key \"first\" in stub"},
    {"forward:\n  - {zone: a., servers: [192.0.2.1]}\nstub:\n  - {zone: A., servers: "
     "[192.0.2.2]}\n",
	"f.yaml:4:5: stub: zone a. is given twice"},
    {"local-zones: [a.]\n", "f.yaml:1:14: local-zones is written {name.: word}"},
    {"local-zones: {a: off}\n", "f.yaml:1:15: local-zones: \"a\" is not a name that ends in a dot"},
    {"local-zones: {a.: on}\n", "f.yaml:1:15: local-zones: \"on\" is none of default, off, empty"},
    {"local-zones: {a.: [off]}\n", "f.yaml:1:19: local-zones must be a single value"},
    {"local-zones:\n  a.: off\n  A.: off\n", "f.yaml:3:3: local-zones: \"A.\" is given twice"},
    {"link: {socket: \"\"}\n", "the value is missing"},
    {"link: {socket: \"a\\0b\"}\n", "a NUL character"},
};

static void
every_wrong_file_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&c, 0x5a, sizeof(c));
		assert_int_equal(parse(bad[i].text), -EINVAL);
		assert_true(errors.cnt >= 1);
		bool found = false;
		for (size_t j = 0; j < errors.cnt; j++)
			found |= strstr(errors.text[j], bad[i].error) != NULL;
		if (!found)
			fail_msg("\"%s\" said \"%s\", not \"%s\"", bad[i].text, errors.text[0],
			    bad[i].error);
		assert_int_equal(((unsigned char *)&c)[0], 0x5a);
		done(-1);
	}
}

static void
all_errors_of_a_file_are_told_and_the_rest_counted(void **state)
{
	(void)state;
	char text[4096] = "";

	for (int i = 0; i < HF_CONFIG_ERROR_MAX + 10; i++)
		sprintf(text + strlen(text), "nonsense-%d: 1\n", i);
	assert_int_equal(parse(text), -EINVAL);
	assert_int_equal(errors.cnt, HF_CONFIG_ERROR_MAX + 10);
	done(-1);
}

static void
a_file_that_is_not_there_or_too_large_is_told(void **state)
{
	(void)state;
	assert_int_equal(hf_config_load("/nonexistent/f.yaml", &c, &errors), -ENOENT);
	assert_string_equal(errors.text[0], "/nonexistent/f.yaml:1:1: No such file or directory");
	done(-1);
	assert_int_equal(hf_config_load("/dev/zero", &c, &errors), -EFBIG);
	done(-1);
}

static void
no_cut_or_flipped_file_is_half_loaded(void **state)
{
	(void)state;
	static char text[65536];
	FILE *f = fopen("packaging/holdfast.yaml", "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	srandom(7);
	for (int i = 0; i < 300; i++) {
		size_t cut = (size_t)random() % n, flip = (size_t)random() % n;
		char keep = text[flip];
		text[flip] ^= (char)(1 << random() % 7);
		memset(&c, 0x5a, sizeof(c));
		int e = hf_config_parse("f", text, cut, &c, &errors);
		assert_true((e == 0) == (errors.cnt == 0));
		assert_true(e == 0 || ((unsigned char *)&c)[8] == 0x5a);
		done(e);
		text[flip] = keep;
	}
}

static void
a_name_to_be_kept_warm_has_its_final_dot_and_a_type(void **state)
{
	struct hf_name name;
	uint16_t type;

	(void)state;
	assert_true(hf_config_keepwarm("www.example.com. AAAA", &name, &type));
	assert_int_equal(name.label_cnt, 3);
	assert_int_equal(type, HF_TYPE_AAAA);
	assert_true(hf_config_keepwarm(". NS", &name, &type));
	assert_false(hf_config_keepwarm("www.example.com A", &name, &type));
	assert_false(hf_config_keepwarm("www.example.com.", &name, &type));
	assert_false(hf_config_keepwarm("www.example.com. ANY", &name, &type));
	assert_false(hf_config_keepwarm("www.example.com. AXFR", &name, &type));
	assert_false(hf_config_keepwarm("www.example.com. no", &name, &type));
	assert_false(hf_config_keepwarm(" A", &name, &type));
	assert_false(hf_config_keepwarm("", &name, &type));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_to_be_kept_warm_has_its_final_dot_and_a_type),
	    cmocka_unit_test(an_empty_file_means_the_defaults),
	    cmocka_unit_test(the_shipped_file_says_exactly_the_defaults),
	    cmocka_unit_test(the_shipped_file_names_every_key),
	    cmocka_unit_test(a_whole_file_is_read),
	    cmocka_unit_test(access_lists_are_read_and_a_network_is_in_one_of_them),
	    cmocka_unit_test(rates_of_clients_and_replies_are_read),
	    cmocka_unit_test(zones_are_read_with_their_servers),
	    cmocka_unit_test(a_list_too_long_to_show_says_so),
	    cmocka_unit_test(every_wrong_file_is_refused_with_its_place),
	    cmocka_unit_test(all_errors_of_a_file_are_told_and_the_rest_counted),
	    cmocka_unit_test(a_file_that_is_not_there_or_too_large_is_told),
	    cmocka_unit_test(no_cut_or_flipped_file_is_half_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
