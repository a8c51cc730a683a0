/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/options.c: what the command line says, and how it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/options.h"

enum { ARG_MAX_CNT = 96 };

static struct dp_options o;
static char error[DP_OPTIONS_ERROR_LEN];

/* Arguments parted by single blanks; parsed into o. */
static enum dp_options_result
parse(const char *text)
{
	static char copy[4096];
	char *argv[ARG_MAX_CNT] = {"holdfast-dataplane"};
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " "))
		argv[argc++] = at;
	memset(error, 0, sizeof(error));
	return dp_options_parse(argc, argv, &o, error);
}

static void
wrong(const char *text, const char *said)
{
	assert_int_equal(parse(text), DP_OPTIONS_WRONG);
	if (strstr(error, said) == NULL)
		fail_msg("\"%s\" says \"%s\", wanted \"%s\" in it", text, error, said);
	dp_options_fini(&o);
}

#define BASE "--port net_tap0,iface=x --service 192.0.2.53 "

static void
port_and_service_are_enough(void **state)
{
	(void)state;
	assert_int_equal(parse(BASE), DP_OPTIONS_RUN);
	assert_int_equal(o.port_cnt, 1);
	assert_string_equal(o.port[0], "net_tap0,iface=x");
	assert_int_equal(o.service.v4_cnt, 1);
	assert_int_equal(o.workers, 1);
	assert_int_equal(o.udp_max, 1232);
	assert_int_equal(o.cache_octets, 64 << 20);
	assert_int_equal(o.idle, DP_IDLE_ADAPTIVE);
	assert_int_equal(o.hugepages, DP_HUGEPAGES_AUTO);
	assert_null(o.exception);
	assert_int_equal(o.link_uid, getuid());
	assert_string_equal(o.link_path, "/run/holdfast/link.sock");
	dp_options_fini(&o);
}

static void
every_option_is_taken(void **state)
{
	(void)state;
	assert_int_equal(
	    parse(BASE
		"--port=net_pcap1,a=b --service=2001:db8::53 --mac 02:00:00:00:00:0a --workers 4 "
		"--idle poll --cache-size=512MiB --udp-max 1400 --link /tmp/x --link-uid 77 "
		"--exception hfx0 "
		"--hugepages no --eal --log-level=8 --eal -v --preload p --stats-file s "
		"--spare-buffers 8192 --client-rate 7 --client-burst 8 --slip 0 --rrl-answers 9 "
		"--rrl-nxdomain 10 --rrl-errors 11 --rrl-window 12s --rrl-ipv4 32 --rrl-ipv6 48 "
		"--access 10.0.0.0/8,allow --access ::/0,drop --access-others refuse "
		"--run-for 5s --log-level debug"),
	    DP_OPTIONS_RUN);
	assert_int_equal(o.port_cnt, 2);
	assert_int_equal(o.service.v6_cnt, 1);
	assert_int_equal(o.mac_cnt, 1);
	assert_int_equal(o.mac[0][5], 10);
	assert_int_equal(o.workers, 4);
	assert_int_equal(o.idle, DP_IDLE_POLL);
	assert_int_equal(o.cache_octets, UINT64_C(512) << 20);
	assert_int_equal(o.udp_max, 1400);
	assert_string_equal(o.link_path, "/tmp/x");
	assert_string_equal(o.exception, "hfx0");
	assert_int_equal(o.link_uid, 77);
	assert_int_equal(o.hugepages, DP_HUGEPAGES_NO);
	assert_int_equal(o.eal_cnt, 2);
	assert_string_equal(o.eal[0], "--log-level=8");
	assert_string_equal(o.preload, "p");
	assert_string_equal(o.stats_file, "s");
	assert_int_equal(o.spare_buffers, 8192);
	assert_true(o.gate.client_per_s == 7 && o.gate.client_burst == 8 && o.gate.slip == 0);
	assert_true(o.gate.reply_per_s[DP_REPLY_ANSWER] == 9 &&
	    o.gate.reply_per_s[DP_REPLY_NXDOMAIN] == 10 &&
	    o.gate.reply_per_s[DP_REPLY_ERROR] == 11);
	assert_true(
	    o.gate.reply_window_s == 12 && o.gate.net_v4_len == 32 && o.gate.net_v6_len == 48);
	assert_int_equal(o.access.cnt, 2);
	assert_int_equal(o.access.others, HF_ACCESS_REFUSE);
	assert_int_equal(o.run_for_ns, UINT64_C(5000000000));
	assert_int_equal(o.log_level, HF_LOG_DEBUG);
	dp_options_fini(&o);
}

static void
help_is_asked_for_in_two_ways(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), DP_OPTIONS_HELP);
	dp_options_fini(&o);
	assert_int_equal(parse(BASE "-h"), DP_OPTIONS_HELP);
	dp_options_fini(&o);
}

static void
a_wrong_option_is_named_with_what_is_wanted(void **state)
{
	(void)state;
	wrong("", "no --port");
	wrong("--port net_tap0", "no --service");
	wrong(BASE "--colour red", "no option \"--colour\"");
	wrong(BASE "stray", "\"stray\" is no option");
	wrong(BASE "--workers", "--workers wants a value: N");
	wrong(BASE "--workers 0", "--workers 0: wanted a number in [1, 64]");
	wrong(BASE "--workers 65", "[1, 64]");
	wrong(BASE "--workers 1x", "[1, 64]");
	wrong(BASE "--workers 1 --workers 1", "--workers is given twice");
	wrong(BASE "--service 192.0.2.53", "a unicast address, once");
	wrong(BASE "--service 224.0.0.1", "unicast");
	wrong(BASE "--service 192.0.2.1@53", "no port");
	wrong(BASE "--service example", "an IPv4 or IPv6 address");
	wrong(BASE "--mac 01:00:00:00:00:00", "unicast MAC");
	wrong(BASE "--mac 02:00:00:00:00", "unicast MAC");
	wrong(BASE "--mac 02:00:00:00:00:001", "unicast MAC");
	wrong(BASE "--mac 02:00:00:00:00:00 --mac 02:00:00:00:00:01", "2 times for 1 ports");
	wrong(BASE "--exception a/b", "name of an interface");
	wrong(BASE "--exception sixteen-letters-", "at most 15 characters");
	wrong(BASE "--exception a --exception b", "--exception is given twice");
	wrong(BASE "--idle never", "poll or adaptive");
	wrong(BASE "--realtime maybe", "yes or no");
	wrong(BASE "--client-rate 1000001", "a number in [0, 1000000]");
	wrong(BASE "--rrl-window 61s", "[1s, 60s]");
	wrong(BASE "--rrl-ipv4 33", "[8, 32]");
	wrong(BASE "--rrl-ipv6 64", "[16, 56]");
	wrong(BASE "--slip 101", "[0, 100]");
	wrong(BASE "--access 10.0.0.0/8", "a network and allow, refuse or drop");
	wrong(BASE "--access 10.0.0.1/8,allow", "a network and");
	wrong(BASE "--access 10.0.0.0/8,deny", "a network and");
	wrong(BASE "--access 10.0.0.0/8,drop --access 10.0.0.0/8,allow", "each network once");
	wrong(BASE "--access-others some", "allow, refuse or drop");
	wrong(BASE "--cache-size 64", "a size in [1MiB, 1TiB]");
	wrong(BASE "--cache-size 1KiB", "a size in");
	wrong(BASE "--udp-max 511", "[512, 4096]");
	wrong(BASE "--hugepages maybe", "auto, yes or no");
	wrong(BASE "--run-for 5", "a duration");
	wrong(BASE "--link-uid root", "a numeric user id");
	wrong(BASE "--log-level loud", "error, warn, info or debug");
	wrong(BASE "--args-file /does/not/exist", "/does/not/exist: No such file");
}

static const char *
write_file(const char *text)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/dp_options_XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void
an_args_file_holds_one_option_a_line(void **state)
{
	(void)state;
	char text[256];
	const char *path = write_file("# where clients are\n"
				      "port net_af_packet0,iface=eth1\n\n"
				      "  service=192.0.2.53  \n"
				      "service 2001:db8::53\r\n"
				      "workers = 2");

	snprintf(text, sizeof(text), "--args-file %s --udp-max 1400", path);
	assert_int_equal(parse(text), DP_OPTIONS_WRONG); /* "workers = 2": '=' twice over */
	assert_non_null(strstr(error, ":6: --workers = 2"));
	dp_options_fini(&o);
	unlink(path);

	path = write_file("port net_af_packet0,iface=eth1\nservice=192.0.2.53  \n"
			  "# a comment\n\nservice 2001:db8::53\r\nworkers 2");
	snprintf(text, sizeof(text), "--args-file %s --udp-max 1400", path);
	assert_int_equal(parse(text), DP_OPTIONS_RUN);
	assert_string_equal(o.port[0], "net_af_packet0,iface=eth1");
	assert_int_equal(o.service.v4_cnt + o.service.v6_cnt, 2);
	assert_int_equal(o.workers, 2);
	dp_options_fini(&o);
	unlink(path);
}

static void
an_error_in_an_args_file_has_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *said;
	} bad[] = {
	    {"port net_tap0\nservice nowhere\n", ":2: --service nowhere: wanted"},
	    {"port\n", ":1: --port wants a value"},
	    {"help\n", ":1: no option \"help\" in an args file"},
	    {"args-file x\n", ":1: no option \"args-file\""},
	    {"\n\n--port x\n", ":3: no option \"--port\""},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *path = write_file(bad[i].text);
		char text[128];

		snprintf(text, sizeof(text), "--args-file %s", path);
		wrong(text, bad[i].said);
		unlink(path);
	}
}

static void
a_line_without_end_is_refused(void **state)
{
	(void)state;
	static char text[6000];
	char args[128];

	memset(text, 'x', sizeof(text) - 1);
	const char *path = write_file(text);
	snprintf(args, sizeof(args), "--args-file %s", path);
	wrong(args, ":1: line longer than");
	unlink(path);
}

static void
queues_are_filled_in_where_a_driver_wants_them(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		unsigned device_cnt;
		const char *last;
	} rows[] = {
	    {"net_af_packet0,iface=a", 1, "net_af_packet0,iface=a,qpairs=3"},
	    {"net_af_packet0,iface=a,qpairs=1", 1, "net_af_packet0,iface=a,qpairs=1"},
	    {"net_af_xdp0,iface=a", 3, "net_af_xdp0_2,iface=a,start_queue=2,queue_count=1"},
	    {"net_af_xdp0,iface=a,queue_count=1", 1, "net_af_xdp0,iface=a,queue_count=1"},
	    {"net_tap0,iface=a", 1, "net_tap0,iface=a"},
	    {"0000:00:05.0", 1, "0000:00:05.0"},
	};
	char out[DP_DEVARGS_LEN];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned cnt = dp_devargs_device_cnt(rows[i].in, 3);

		assert_int_equal(cnt, rows[i].device_cnt);
		assert_int_equal(dp_devargs_of_device(rows[i].in, 3, cnt - 1, out), 0);
		assert_string_equal(out, rows[i].last);
	}
	assert_true(dp_devargs_virtual("net_memif0,socket=/a:b"));
	assert_false(dp_devargs_virtual("0000:00:05.0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(port_and_service_are_enough),
	    cmocka_unit_test(every_option_is_taken),
	    cmocka_unit_test(help_is_asked_for_in_two_ways),
	    cmocka_unit_test(a_wrong_option_is_named_with_what_is_wanted),
	    cmocka_unit_test(an_args_file_holds_one_option_a_line),
	    cmocka_unit_test(an_error_in_an_args_file_has_its_line),
	    cmocka_unit_test(a_line_without_end_is_refused),
	    cmocka_unit_test(queues_are_filled_in_where_a_driver_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
