/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin socket: requests, junk, slow and many clients, replies that wait for the cores. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "controlplane/admin.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

static char no_file[] = "none";
static char dir[64], path[96], db[96], link_path[96];
static struct event_base *base;
static struct cp_counters counters;
static struct cp_store *store;
static struct cp_ntas *ntas;
static struct cp_link_client *client;
static struct hf_config config;
static struct cp_cookies cookies;
static struct cp_admin_env env;
static struct cp_admin *admin;

/* The dataplane */
static int listener;
static struct hf_link *dp;

static void
on_publish(void *arg, struct cp_policy *p)
{
	(void)arg;
	cp_link_client_set_policy(client, p);
}

static void
on_attached(void *arg, uint64_t gen)
{
	(void)arg;
	(void)gen;
}

static void
on_lost(void *arg)
{
	struct cp_event e = {.kind = CP_EVENT_LOST};

	(void)arg;
	cp_admin_event(admin, &e);
}

static void
on_latency(void *arg, const struct hf_msg_latency_say *m)
{
	struct cp_event e = {.kind = CP_EVENT_LATENCY, .latency = m};

	(void)arg;
	cp_admin_event(admin, &e);
}

static void
on_acked(void *arg, const struct hf_msg_ack *ack)
{
	struct cp_event e = {.kind = CP_EVENT_ACK, .ack = ack};

	(void)arg;
	cp_admin_event(admin, &e);
}

static void
make_parts(void)
{
	struct cp_link_config link = {
	    .base = base,
	    .path = link_path,
	    .counters = &counters,
	    .ops = {.attached = on_attached,
		.lost = on_lost,
		.acked = on_acked,
		.latency = on_latency},
	};
	struct cp_ntas_config cfg = {
	    .base = base,
	    .store = store,
	    .counters = &counters,
	    .max_s = 604800,
	    .publish = on_publish,
	};

	client = cp_link_client_create(&link);
	assert_int_equal(cp_ntas_create(&cfg, &ntas), 0);
	env = (struct cp_admin_env){
	    .link = client,
	    .ntas = ntas,
	    .store = store,
	    .counters = &counters,
	    .config = &config,
	    .cookies = &cookies,
	};
}

static int
set_up(void **state)
{
	(void)state;
	hf_log_set_level(HF_LOG_ERROR);
	memset(&counters, 0, sizeof(counters));
	strcpy(dir, "/tmp/holdfast-admin-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	snprintf(db, sizeof(db), "%s/policy.db", dir);
	snprintf(link_path, sizeof(link_path), "%s/link.sock", dir);
	cookies = (struct cp_cookies){.msg.generation = 4};
	config.cookie_answer = true;
	config.cookie_secrets = no_file;
	config.nta_default_ns = 3600 * HF_NS_PER_S;
	config.nta_max_ns = 604800 * HF_NS_PER_S;
	base = event_base_new();
	if (cp_store_open(db, &store) != 0)
		return -1;
	make_parts();
	return cp_admin_open(base, path, &env, &admin);
}

static int
tear_down(void **state)
{
	char cmd[160];

	(void)state;
	cp_admin_close(admin);
	hf_link_close(dp);
	dp = NULL;
	cp_link_client_destroy(client);
	cp_ntas_destroy(ntas);
	cp_store_close(store);
	event_base_free(base);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

static void
turns(int n)
{
	for (int i = 0; i < n; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		if (dp != NULL)
			hf_link_beat(dp, hf_clock_mono_ns());
		usleep(100);
	}
}

static int
dial(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sa.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	turns(3);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One line as JSON; NULL when none came in time. */
static json_t *
hear(int fd, unsigned ms)
{
	static char line[1 << 20];
	size_t len = 0;
	uint64_t end = hf_clock_mono_ns() + ms * HF_NS_PER_MS;

	while (hf_clock_mono_ns() < end && len < sizeof(line)) {
		ssize_t n = recv(fd, line + len, 1, 0);

		if (n == 0)
			return NULL;
		if (n < 0)
			turns(1);
		else if (line[len++] == '\n')
			return json_loadb(line, len, 0, NULL);
	}
	return NULL;
}

static json_t *
ask(int fd, const char *text)
{
	say(fd, text);
	say(fd, "\n");
	json_t *j = hear(fd, 4000);
	if (j == NULL)
		fail_msg("no reply to %s", text);
	return j;
}

/* The exit code of the error in j, -1 for a success; j is freed. */
static int
code_of(json_t *j)
{
	json_t *error = json_object_get(j, "error");
	int code = error != NULL ? (int)json_integer_value(json_object_get(error, "exit")) : -1;

	assert_int_equal(json_is_true(json_object_get(j, "ok")), error == NULL);
	assert_true(error == NULL || json_string_length(json_object_get(error, "text")) > 0);
	json_decref(j);
	return code;
}

#define ASK(command, arguments) \
	"{\"version\":1,\"command\":\"" command "\",\"arguments\":{" arguments "}}"
#define ADD(arguments) ASK("nta.add", arguments)
#define LOG(arguments) ASK("audit.list", arguments)
#define OF_SE(command) ASK(command, "\"name\":\"se\"")

static void
the_socket_is_for_owner_and_group_only(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
}

static void
each_wrong_request_gets_its_exit_code(void **state)
{
	static const struct {
		const char *text;
		int code;
	} row[] = {
	    {"", CP_EXIT_USAGE},
	    {"junk", CP_EXIT_USAGE},
	    {"[]", CP_EXIT_USAGE},
	    {"{}", CP_EXIT_USAGE},
	    {"{\"version\":1,\"version\":1,\"command\":\"nta.list\"}", CP_EXIT_USAGE},
	    {"{\"version\":2,\"command\":\"nta.list\"}", CP_EXIT_USAGE},
	    {"{\"version\":\"1\",\"command\":\"nta.list\"}", CP_EXIT_USAGE},
	    {"{\"version\":1,\"command\":\"reboot\"}", CP_EXIT_USAGE},
	    {"{\"version\":1,\"command\":7}", CP_EXIT_USAGE},
	    {"{\"version\":1,\"command\":\"nta.list\",\"arguments\":[]}", CP_EXIT_USAGE},
	    {"{\"version\":1,\"command\":\"nta.list\"} x", CP_EXIT_USAGE},
	    {"\xff\xfe", CP_EXIT_USAGE},
	    {ADD(""), CP_EXIT_USAGE},
	    {ADD("\"name\":7,\"reason\":\"r\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"\",\"reason\":\"r\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"a..b\",\"reason\":\"r\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"a\\nb\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"for_s\":\"1h\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"for_s\":-1"), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"for_s\":0"), CP_EXIT_REFUSED},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"for_s\":604801"), CP_EXIT_REFUSED},
	    {ADD("\"name\":\".\",\"reason\":\"r\""), CP_EXIT_REFUSED},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"until\":\"soon\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"until\":1"), CP_EXIT_REFUSED},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"until\":4102444800,\"for_s\":5"),
		CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"mode\":\"odd\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"mode\":1"), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"forced\":1"), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"replace\":\"yes\""), CP_EXIT_USAGE},
	    {ADD("\"name\":\"de\",\"reason\":\"r\",\"dry_run\":null"), CP_EXIT_USAGE},
	    {ADD("\"name\":\".\",\"reason\":\"r\",\"dry_run\":true"), CP_EXIT_REFUSED},
	    {OF_SE("nta.remove"), CP_EXIT_FAILED},
	    {OF_SE("nta.extend"), CP_EXIT_FAILED},
	    {OF_SE("nta.approve"), CP_EXIT_FAILED},
	    {OF_SE("nta.show"), CP_EXIT_FAILED},
	    {LOG("\"after\":-1"), CP_EXIT_USAGE},
	    {LOG("\"since\":\"today\""), CP_EXIT_USAGE},
	    {LOG("\"limit\":1.5"), CP_EXIT_USAGE},
	    {"{\"version\":1,\"command\":\"cache.show\",\"arguments\":{\"name\":\"se\",\"type\":"
	     "\"AXFR\"}}",
		CP_EXIT_USAGE},
	};
	int fd = dial();

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int code = code_of(ask(fd, row[i].text));

		if (code != row[i].code)
			fail_msg("%s gives %d", row[i].text, code);
	}
	assert_int_equal(cp_ntas_cnt(ntas), 0);
	assert_int_equal(cp_store_generation(store), 1);
	close(fd);
}

/* The actions of a page, and how many. */
static size_t
page(int fd, const char *text, const char *last)
{
	json_t *j = ask(fd, text);
	const json_t *lines = json_object_get(json_object_get(j, "result"), "lines");
	size_t cnt = json_array_size(lines);

	if (last != NULL)
		assert_string_equal(
		    json_string_value(json_object_get(json_array_get(lines, cnt - 1), "action")),
		    last);
	assert_int_equal(code_of(j), -1);
	return cnt;
}

static void
the_audit_log_is_read_a_page_at_a_time(void **state)
{
	int fd = dial();

	(void)state;
	assert_int_equal(code_of(ask(fd, ADD("\"name\":\"se\",\"reason\":\"r\""))), -1);
	assert_int_equal(code_of(ask(fd, OF_SE("nta.remove"))), -1);
	assert_int_equal(code_of(ask(fd, ADD("\"name\":\"de\",\"reason\":\"r\""))), -1);
	assert_int_equal(page(fd, LOG(""), "add"), 3);
	assert_int_equal(page(fd, LOG("\"limit\":2"), "remove"), 2);
	assert_int_equal(page(fd, LOG("\"after\":2,\"limit\":2"), "add"), 1);
	assert_int_equal(page(fd, LOG("\"after\":3"), NULL), 0);
	assert_int_equal(page(fd, LOG("\"since\":4102444800"), NULL), 0);
	close(fd);
}

static void
without_a_dataplane_a_change_is_stored_and_not_acknowledged(void **state)
{
	int fd = dial();
	json_t *j = ask(fd, ADD("\"name\":\"DE\",\"reason\":\"gr\xc3\xbcnde\",\"for_s\":null"));
	json_t *r = json_object_get(j, "result");

	(void)state;
	assert_true(json_is_false(json_object_get(r, "acknowledged")));
	assert_string_equal(json_string_value(json_object_get(r, "name")), "de.");
	assert_string_equal(json_string_value(json_object_get(r, "reason")), "gr\xc3\xbcnde");
	assert_int_equal(json_integer_value(json_object_get(r, "generation")), 2);
	assert_int_equal(json_integer_value(json_object_get(r, "expires")) -
		json_integer_value(json_object_get(r, "added")),
	    3600);
	json_decref(j);
	assert_int_equal(
	    code_of(ask(fd, ADD("\"name\":\"de.\",\"reason\":\"r\""))), CP_EXIT_CONFLICT);
	j = ask(fd, "{\"version\":1,\"command\":\"nta.list\"}");
	assert_int_equal(json_array_size(json_object_get(json_object_get(j, "result"), "ntas")), 1);
	json_decref(j);
	assert_int_equal(
	    code_of(ask(
		fd, "{\"version\":1,\"command\":\"nta.remove\",\"arguments\":{\"name\":\"de\"}}")),
	    -1);
	assert_int_equal(cp_ntas_cnt(ntas), 0);
	close(fd);
}

static void
attach_cores(uint32_t worker_cnt)
{
	struct hf_link_offer offer = {.worker_cnt = worker_cnt, .epoch = 7};
	struct cp_link_state s = {0};
	int fd = -1, rc = -EAGAIN;

	assert_int_equal(hf_link_listen(link_path, &listener), 0);
	assert_int_equal(cp_link_client_start(client), 0);
	for (int i = 0; i < 5000 && rc != 0; i++, turns(1))
		rc = hf_link_accept(listener, geteuid(), &fd);
	assert_int_equal(rc, 0);
	for (rc = -EAGAIN; rc == -EAGAIN; turns(1))
		rc = hf_link_welcome(fd, &offer, &dp);
	for (int i = 0; i < 5000 && !s.attached; i++, turns(1))
		cp_link_client_state(client, &s);
	assert_true(s.attached);
	close(listener);
}

static void
attach(void)
{
	attach_cores(1);
}

static void
acknowledge_set(enum hf_msg_set set, uint64_t generation, enum hf_msg_fault fault)
{
	struct hf_msg_ack ack = {
	    .head = {HF_MSG_ACK, sizeof(ack), 7},
	    .generation = generation,
	    .core_cnt = 2,
	    .core_all = 2,
	    .took_ns = 184000,
	    .set = (uint16_t)set,
	    .fault = (uint16_t)fault,
	};

	assert_int_equal(hf_link_send(dp, &ack, sizeof(ack)), 0);
}

static void
acknowledge(uint64_t generation)
{
	acknowledge_set(HF_SET_POLICY, generation, HF_MSG_OK);
}

static void
with_a_dataplane_the_reply_waits_for_its_acknowledgement(void **state)
{
	int fd = dial();

	(void)state;
	attach();
	say(fd, ADD("\"name\":\"de\",\"reason\":\"r\"") "\n");
	assert_null(hear(fd, 100));
	acknowledge(1); /* of what was before */
	assert_null(hear(fd, 100));
	acknowledge(2);
	json_t *j = hear(fd, 1000), *r = json_object_get(j, "result");
	assert_true(json_is_true(json_object_get(r, "acknowledged")));
	assert_int_equal(json_integer_value(json_object_get(r, "cores")), 2);
	assert_int_equal(json_integer_value(json_object_get(r, "took_us")), 184);
	json_decref(j);
	close(fd);
}

static void
the_reply_to_a_reload_of_cookies_waits_for_the_acknowledgement_of_these_cookies(void **state)
{
	int fd = dial();

	(void)state;
	attach();
	say(fd, "{\"version\":1,\"command\":\"cookie.reload\"}\n");
	turns(10);
	acknowledge(cookies.msg.generation); /* of a policy */
	assert_null(hear(fd, 100));
	acknowledge_set(HF_SET_COOKIES, cookies.msg.generation - 1, HF_MSG_OK);
	assert_null(hear(fd, 100));
	acknowledge_set(HF_SET_COOKIES, cookies.msg.generation, HF_MSG_OK);
	json_t *j = hear(fd, 1000), *r = json_object_get(j, "result");
	assert_true(json_is_true(json_object_get(r, "acknowledged")));
	assert_int_equal(json_integer_value(json_object_get(r, "took_us")), 184);
	json_decref(j);
	say(fd, "{\"version\":1,\"command\":\"cookie.reload\"}\n");
	turns(10);
	acknowledge_set(HF_SET_COOKIES, cookies.msg.generation, HF_MSG_FAULT_MEMORY);
	j = hear(fd, 1000);
	r = json_object_get(j, "result");
	assert_true(json_is_false(json_object_get(r, "acknowledged")));
	assert_string_equal(json_string_value(json_object_get(r, "fault")), "memory");
	json_decref(j);
	close(fd);
}

static void
a_dataplane_that_does_not_acknowledge_is_not_waited_for_for_ever(void **state)
{
	int fd = dial();

	(void)state;
	attach();
	json_t *j = ask(fd, ADD("\"name\":\"de\",\"reason\":\"r\""));
	assert_true(json_is_false(json_object_get(json_object_get(j, "result"), "acknowledged")));
	json_decref(j);
	say(fd, ADD("\"name\":\"se\",\"reason\":\"r\"") "\n");
	turns(50);
	hf_link_close(dp); /* lost while the call waits: told at once */
	dp = NULL;
	j = hear(fd, 1000);
	assert_true(json_is_false(json_object_get(json_object_get(j, "result"), "acknowledged")));
	json_decref(j);
	close(fd);
}

/* Core i had i + 1 hits of 1000 ns; the total has a quarter more at most. */
static void
tell_latency(void)
{
	struct hf_msg_latency_ask q = {0};
	struct hf_msg_latency_say m = {.core_cnt = 3};

	for (int i = 0; i < 5000 && hf_link_recv(dp, &q, sizeof(q)) != sizeof(q); i++)
		turns(1);
	assert_int_equal(q.head.type, HF_MSG_LATENCY_ASK);
	m.head = (struct hf_msg_head){HF_MSG_LATENCY_SAY, sizeof(m), 7};
	m.token = q.token;
	m.core = q.core;
	m.kind[HF_LATENCY_hit].cnt[hf_latency_bucket(1000)] = q.core + 1;
	m.kind[HF_LATENCY_hit].sum_ns = 1000 * (q.core + 1);
	m.kind[HF_LATENCY_hit].max_ns = 1000;
	assert_int_equal(hf_link_send(dp, &m, sizeof(m)), 0);
}

#define LATENCY "{\"version\":1,\"command\":\"latency\"}\n"

static int64_t
number_at(const json_t *o, const char *kind, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(o, kind), key));
}

static void
latency_is_asked_core_by_core_and_added_up(void **state)
{
	int fd = dial();

	(void)state;
	attach_cores(3);
	say(fd, LATENCY);
	for (int core = 0; core < 3; core++)
		tell_latency();
	json_t *j = hear(fd, 1000), *r = json_object_get(j, "result");
	const json_t *total = json_object_get(r, "total");
	assert_int_equal(json_array_size(json_object_get(r, "rows")), 3);
	assert_int_equal(number_at(total, "hit", "replies"), 6);
	assert_int_equal(number_at(total, "hit", "sum_ns"), 6000);
	assert_int_equal(number_at(total, "hit", "p50_ns"), 1000); /* no more than the slowest */
	assert_int_equal(number_at(total, "miss", "replies"), 0);
	const json_t *bucket =
	    json_array_get(json_object_get(json_object_get(total, "hit"), "buckets"), 0);
	assert_int_equal(json_integer_value(json_object_get(bucket, "below_ns")), 1024);
	assert_int_equal(json_integer_value(json_object_get(bucket, "replies")), 6);
	json_decref(j);
	close(fd);
}

static void
latency_of_the_cores_that_were_heard_is_told_when_the_dataplane_goes(void **state)
{
	int fd = dial();

	(void)state;
	attach_cores(3);
	say(fd, LATENCY);
	tell_latency();
	turns(20);
	hf_link_close(dp);
	dp = NULL;
	json_t *j = hear(fd, 1000), *r = json_object_get(j, "result");
	assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
	assert_int_equal(number_at(json_object_get(r, "total"), "hit", "replies"), 1);
	json_decref(j);
	close(fd);
}

static void
a_client_that_goes_while_its_call_waits_does_no_harm(void **state)
{
	int fd = dial(), other = dial();

	(void)state;
	attach();
	say(fd, ADD("\"name\":\"de\",\"reason\":\"r\"") "\n");
	turns(20);
	close(fd);
	turns(20);
	acknowledge(2);
	turns(20);
	assert_int_equal(code_of(ask(other, "{\"version\":1,\"command\":\"nta.list\"}")), -1);
	assert_int_equal(cp_ntas_cnt(ntas), 1); /* what was asked for was done */
	close(other);
}

static void
requests_in_pieces_and_several_at_once_are_done_in_order(void **state)
{
	static const char text[] = ADD("\"name\":\"a\",\"reason\":\"r\"") "\n" ADD(
	    "\"name\":\"a\",\"reason\":\"r\"") "\njunk\n";
	int fd = dial();
	char piece[2] = "";

	(void)state;
	for (size_t i = 0; i < strlen(text); i++) {
		piece[0] = text[i];
		say(fd, piece);
		if (i % 16 == 0)
			turns(1);
	}
	assert_int_equal(code_of(hear(fd, 1000)), -1);
	assert_int_equal(code_of(hear(fd, 1000)), CP_EXIT_CONFLICT);
	assert_int_equal(code_of(hear(fd, 1000)), CP_EXIT_USAGE);
	for (int i = 0; i < 30; i++)
		say(fd, "junk\n");
	shutdown(fd, SHUT_WR); /* has said all, still listens */
	for (int i = 0; i < 30; i++)
		assert_int_equal(code_of(hear(fd, 1000)), CP_EXIT_USAGE);
	assert_null(hear(fd, 1000)); /* then it is closed */
	close(fd);
}

static void
a_line_without_end_is_refused_and_the_client_closed(void **state)
{
	static char big[CP_ADMIN_LINE_MAX + 100];
	int fd = dial();
	size_t off = 0;

	(void)state;
	memset(big, ' ', sizeof(big));
	for (int i = 0; i < 1000 && off < sizeof(big); i++) {
		ssize_t n = send(fd, big + off, sizeof(big) - off, MSG_NOSIGNAL);

		off += n > 0 ? (size_t)n : 0;
		turns(1);
	}
	assert_int_equal(code_of(hear(fd, 1000)), CP_EXIT_USAGE);
	assert_null(hear(fd, 500));
	close(fd);
}

static void
one_client_too_many_is_closed_and_the_others_are_served(void **state)
{
	int fd[CP_ADMIN_CLIENTS], more;
	char c;

	(void)state;
	for (int i = 0; i < CP_ADMIN_CLIENTS; i++)
		fd[i] = dial();
	more = dial();
	turns(10);
	assert_int_equal(recv(more, &c, 1, 0), 0);
	assert_int_equal(counters.v[CP_COUNTER_admin_refused], 1);
	assert_int_equal(code_of(ask(fd[40], "{\"version\":1,\"command\":\"nta.list\"}")), -1);
	for (int i = 0; i < CP_ADMIN_CLIENTS; i++)
		close(fd[i]);
	turns(20);
	close(more);
	more = dial();
	assert_int_equal(code_of(ask(more, "{\"version\":1,\"command\":\"nta.list\"}")), -1);
	close(more);
}

static void
octets_at_random_get_an_error_or_nothing_and_the_socket_lives_on(void **state)
{
	char junk[300];
	int fd;

	(void)state;
	srandom(11);
	for (int round = 0; round < 200; round++) {
		fd = dial();
		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] = (char)(random() % 4 == 0 ? "{}[]\":,\n"[random() % 8] : random());
		(void)send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
		turns(2);
		close(fd);
	}
	fd = dial();
	assert_int_equal(code_of(ask(fd, "{\"version\":1,\"command\":\"nta.list\"}")), -1);
	close(fd);
}

static void
a_socket_that_answers_is_not_taken_over_and_a_dead_one_is(void **state)
{
	struct cp_admin *second = NULL;
	char other[128];

	(void)state;
	hf_log_set_level((enum hf_log_level) - 1);
	assert_int_equal(cp_admin_open(base, path, &env, &second), -EADDRINUSE);
	snprintf(other, sizeof(other), "%s/file", dir);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(cp_admin_open(base, other, &env, &second), -EEXIST);
	snprintf(other, sizeof(other), "%s/dead", dir);
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	memcpy(sa.sun_path, other, strlen(other) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	assert_int_equal(cp_admin_open(base, other, &env, &second), 0);
	cp_admin_close(second);
	assert_int_equal(access(other, F_OK), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(the_socket_is_for_owner_and_group_only),
	    T(each_wrong_request_gets_its_exit_code),
	    T(the_audit_log_is_read_a_page_at_a_time),
	    T(without_a_dataplane_a_change_is_stored_and_not_acknowledged),
	    T(with_a_dataplane_the_reply_waits_for_its_acknowledgement),
	    T(the_reply_to_a_reload_of_cookies_waits_for_the_acknowledgement_of_these_cookies),
	    T(a_dataplane_that_does_not_acknowledge_is_not_waited_for_for_ever),
	    T(latency_is_asked_core_by_core_and_added_up),
	    T(latency_of_the_cores_that_were_heard_is_told_when_the_dataplane_goes),
	    T(a_client_that_goes_while_its_call_waits_does_no_harm),
	    T(requests_in_pieces_and_several_at_once_are_done_in_order),
	    T(a_line_without_end_is_refused_and_the_client_closed),
	    T(one_client_too_many_is_closed_and_the_others_are_served),
	    T(octets_at_random_get_an_error_or_nothing_and_the_socket_lives_on),
	    T(a_socket_that_answers_is_not_taken_over_and_a_dead_one_is),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
