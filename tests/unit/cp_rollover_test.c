/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of controlplane/rollover.c with the resolver core, the store and a root that rolls its
 * keys: what clients are told meanwhile, and what survives. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "controlplane/keyset.h"
#include "controlplane/resolver/sentinel.h"
#include "controlplane/rollover.h"
#include "controlplane/telemetry.h"
#include "lib/base/log.h"
#include "tests/unit/support/fakenet.h"
#include "tests/unit/support/keyroll.h"

enum { DAY_S = KR_DAY_S, HOLD_S = 30 * DAY_S, LIFE_S = 10 * DAY_S, TTL_S = 2 * DAY_S };

static char dir[64], path[80];
static struct cp_store *store;
static struct cp_rollover *rollover;
static struct cp_counters counters;
static struct cp_trust *in_force;
static struct fn_zone *root;
static const char *published; /* as in keyroll.h */

/* --- the root ---------------------------------------------------------------------------- */

static void
sign(struct fn_signing *s)
{
	int64_t wall_s = fn_time().wall_s;

	if (s->b->set.type == HF_TYPE_DNSKEY) {
		for (const char *c = strchr(published, '/') + 1; *c != '\0'; c++)
			kr_sign(s->b, *c, wall_s, LIFE_S);
		return;
	}
	s->spec.inception = (uint32_t)wall_s - DAY_S;
	s->spec.expiration = (uint32_t)wall_s + LIFE_S;
	va_box_sign(s->b, s->key, &s->spec);
}

static void
publish(const char *text)
{
	struct va_signer s[2 * KR_KEYS + 1];
	unsigned kept = 0, cnt = kr_keys(text, s);

	published = text;
	for (unsigned i = 0; i < root->cnt; i++)
		if (root->rr[i].type != HF_TYPE_DNSKEY)
			root->rr[kept++] = root->rr[i];
	root->cnt = kept;
	for (unsigned i = 0; i < cnt; i++) {
		struct fn_rr *rr = fn_rr_new(root, ".", HF_TYPE_DNSKEY, TTL_S);

		rr->len = s[i].dnskey_len;
		memcpy(rr->rdata, s[i].dnskey, rr->len);
	}
}

/* --- the appliance ------------------------------------------------------------------------ */

static void
push(uint64_t generation)
{
	struct cp_policy *p =
	    cp_policy_create_with(generation, NULL, NULL, 0, cp_rollover_trust(rollover));

	in_force = cp_rollover_trust(rollover);
	cp_resolver_set_policy(fn.r, p);
	cp_policy_put(p);
}

static int
add_file(struct cp_rollover *r, const char *letters)
{
	char err[HF_ZONETEXT_ERROR_LEN];
	struct va_box box;
	struct va_signer s[2 * KR_KEYS + 1];
	char text[16];

	snprintf(text, sizeof(text), "%s/", letters);
	va_box_init(&box, ".", HF_TYPE_DNSKEY, TTL_S);
	for (unsigned i = 0, cnt = kr_keys(text, s); i < cnt; i++)
		va_box_add(&box, s[i].dnskey, s[i].dnskey_len);
	return cp_rollover_add(r, &box.set, "root.key", err);
}

static struct cp_rollover *
create(const char *letters, uint32_t hold_s, enum hf_config_rollover mode)
{
	struct cp_rollover_config cfg = {
	    .store = store,
	    .counters = &counters,
	    .mode = mode,
	    .hold_down_s = hold_s,
	    .rules = va_rules_default,
	    .boot = "a test",
	};
	struct cp_rollover *r = NULL;

	assert_int_equal(cp_rollover_create(&cfg, &r), 0);
	assert_int_equal(add_file(r, letters), 0);
	assert_int_equal(cp_rollover_settle(r, fn_time().wall_s), 0);
	return r;
}

/* The program stops, and starts with this file. */
static void
restart(const char *letters)
{
	cp_resolver_destroy(fn.r);
	fn.r = cp_resolver_create(&fn.cfg, &fn.ops, fn.policy);
	assert_non_null(fn.r);
	cp_rollover_destroy(rollover);
	cp_store_close(store);
	assert_int_equal(cp_store_open(path, &store), 0);
	rollover = create(letters, HOLD_S, HF_ROLLOVER_ROOT);
	push(cp_store_generation(store));
}

/* Ask for the keys as rollover.c does, and take what comes. */
static enum cp_seen
observe(void)
{
	struct hf_question q = {.name = hf_name_root, .type = HF_TYPE_DNSKEY, .klass = HF_CLASS_IN};
	struct cp_time t = fn_time();
	unsigned before = fn.answer_cnt;

	fn.sent_cnt = 0;
	assert_int_equal(cp_resolver_ask_fresh(fn.r, &t, &q, HF_VARIANT_DO | HF_VARIANT_CD, 1), 0);
	fn_run();
	assert_int_equal(fn.answer_cnt, before + 1);
	struct cp_keyset *set = cp_keyset_read(&fn.answer[before % 8].a);

	assert_non_null(set);
	t = fn_time();
	enum cp_seen seen = cp_rollover_observe(rollover, 0, cp_keyset_rrset(set), &t);

	cp_keyset_free(set);
	if (in_force != cp_rollover_trust(rollover))
		push(cp_store_generation(store));
	return seen;
}

static void
days(const char *text, unsigned cnt)
{
	publish(text);
	for (unsigned i = 0; i < cnt; i++) {
		fn_pass(DAY_S);
		assert_int_equal(observe(), CP_SEEN_GOOD);
	}
}

static const char *
state_of(char c)
{
	struct cp_rollover_view v;
	struct va_signer s = kr_signer(c);

	assert_true(cp_rollover_view(rollover, 0, fn.now_ns, &v));
	for (unsigned i = 0; i < v.point->key_cnt; i++)
		if (v.point->keys[i].len == s.dnskey_len &&
		    memcmp(v.point->keys[i].rdata, s.dnskey, s.dnskey_len) == 0)
			return cp_key_state_text(v.point->keys[i].state);
	return "Start";
}

static enum hf_verdict
verdict_of(const char *name, uint16_t type)
{
	return fn_ask(name, type, 0)->verdict;
}

static bool
signals(const char *letters)
{
	size_t cnt;
	const struct hf_rrset *sets = cp_trust_sets(in_force, &cnt);
	struct hf_name name, want;
	unsigned tag[2];
	char text[32];

	assert_true(cp_telemetry_name(sets, cnt, &hf_name_root, &name));
	for (unsigned i = 0; letters[i] != '\0'; i++) {
		struct va_signer s = kr_signer(letters[i]);

		tag[i] = va_signer_tag(&s);
	}
	if (letters[1] == '\0')
		snprintf(text, sizeof(text), "_ta-%04x.", tag[0]);
	else
		snprintf(text, sizeof(text), "_ta-%04x-%04x.", tag[tag[1] < tag[0]],
		    tag[tag[1] >= tag[0]]);
	want = va_name(text);
	return hf_name_equal(&name, &want);
}

/* What RFC 8509 makes of "is this key an anchor". */
static bool
sentinel_knows(char c)
{
	struct va_signer s = kr_signer(c);
	char text[64];

	snprintf(text, sizeof(text), "root-key-sentinel-is-ta-%05u.", va_signer_tag(&s));
	return fn_ask(text, HF_TYPE_A, 0)->rcode != HF_RCODE_SERVFAIL;
}

static int
set_up(void **state)
{
	(void)state;
	hf_log_set_level(HF_LOG_ERROR);
	strcpy(dir, "/dev/shm/holdfast-roll-XXXXXX"); /* kill -9 loses no pages: no need to sync */
	if (mkdtemp(dir) == NULL && mkdtemp(strcpy(dir, "/tmp/holdfast-roll-XXXXXX")) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", dir);
	memset(&counters, 0, sizeof(counters));
	if (cp_store_open(path, &store) != 0)
		return -1;
	fn.wall_s = 1800000000;
	root = fn_root(true);
	va_signer_fini(&root->key);
	root->key = kr_signer('z');
	EVP_PKEY_up_ref(root->key.pkey); /* fn_reset frees it */
	fn.sign = sign;
	publish("Az/A");
	for (unsigned i = 0; i < 100; i++) {
		char text[64];

		snprintf(text, sizeof(text), "name%u. 300 IN A 198.51.100.1", i);
		fn_add(root, text);
	}
	fn_start(root, NULL);
	rollover = create("A", HOLD_S, HF_ROLLOVER_ROOT);
	push(1);
	return 0;
}

static int
tear_down(void **state)
{
	char cmd[128];

	(void)state;
	fn_reset();
	cp_rollover_destroy(rollover);
	cp_store_close(store);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* --- tests ------------------------------------------------------------------------------- */

static void
a_roll_goes_by_without_a_moment_of_doubt(void **state)
{
	(void)state;
	days("Az/A", 2);
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
	days("ABz/A", 30);
	assert_string_equal(state_of('B'), "AddPend");
	assert_true(signals("A"));
	assert_false(sentinel_knows('B'));
	days("ABz/A", 1);
	assert_string_equal(state_of('B'), "Valid");
	assert_true(signals("AB"));
	assert_true(sentinel_knows('B'));
	days("ABz/B", 3); /* B signs alone */
	assert_int_equal(verdict_of("name1.", HF_TYPE_A), HF_VERDICT_SECURE);
	days("aBz/aB", 1);
	assert_string_equal(state_of('A'), "Revoked");
	assert_true(signals("B"));
	assert_int_equal(verdict_of("name2.", HF_TYPE_A), HF_VERDICT_SECURE);
	assert_false(sentinel_knows('A'));
	days("Bz/B", 31);
	assert_string_equal(state_of('A'), "Removed");
	assert_int_equal(verdict_of("name3.", HF_TYPE_A), HF_VERDICT_SECURE);
	assert_true(sentinel_knows('B'));
}

static void
keys_are_asked_for_afresh_and_only_then(void **state)
{
	(void)state;
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
	assert_int_equal(observe(), CP_SEEN_GOOD);
	assert_true(fn.sent_cnt > 0); /* although they are cached */
	assert_int_equal(verdict_of(".", HF_TYPE_DNSKEY), HF_VERDICT_SECURE);
	assert_int_equal(fn.sent_cnt, 0);
}

static void
a_revoked_key_convinces_no_client_from_that_moment_on(void **state)
{
	(void)state;
	days("ABz/A", 31);
	publish("aBz/aB");
	assert_int_equal(observe(), CP_SEEN_GOOD);
	publish("ACz/A"); /* who has A now */
	fn_pass(TTL_S + 1);
	const struct cp_answer *a = fn_ask("name0.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_int_equal(observe(), CP_SEEN_BAD);
	assert_string_equal(state_of('C'), "Start");
}

static void
what_was_found_under_other_anchors_is_looked_at_again(void **state)
{
	(void)state;
	days("ABz/A", 30);
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
	unsigned sent = fn.sent_cnt;
	fn_pass(DAY_S);
	assert_int_equal(observe(), CP_SEEN_GOOD); /* B is Valid: another set of anchors */
	assert_string_equal(state_of('B'), "Valid");
	assert_int_equal(cp_store_generation(store), 2);
	assert_int_equal(verdict_of("name1.", HF_TYPE_A), HF_VERDICT_SECURE);
	assert_true(sent == 1 && fn.sent_cnt == 2); /* the name, and the keys once more */
	assert_int_equal(verdict_of("name2.", HF_TYPE_A), HF_VERDICT_SECURE);
	assert_int_equal(fn.sent_cnt, 1);
}

static void
a_forged_set_changes_nothing_and_harms_no_client(void **state)
{
	struct cp_rollover_view v;
	char what[300];

	(void)state;
	days("ABz/A", 3);
	publish("CDz/C");
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
	for (unsigned i = 0; i < CP_ROLLOVER_FAILS_TOLD; i++) {
		assert_true(cp_rollover_view(rollover, 0, fn.now_ns, &v));
		assert_false(cp_rollover_trouble(&v, what, sizeof(what)));
		assert_int_equal(observe(), CP_SEEN_BAD);
	}
	assert_true(cp_rollover_view(rollover, 0, fn.now_ns, &v));
	assert_true(cp_rollover_trouble(&v, what, sizeof(what)));
	assert_int_equal(v.due_in_s, TTL_S / 10); /* RFC 5011 2.3 */
	assert_string_equal(state_of('C'), "Start");
	assert_string_equal(state_of('B'), "AddPend");
	assert_int_equal(verdict_of("name1.", HF_TYPE_A), HF_VERDICT_SECURE);
	days("ABz/A", 1);
	assert_true(cp_rollover_view(rollover, 0, fn.now_ns, &v));
	assert_false(cp_rollover_trouble(&v, what, sizeof(what)));
}

static void
one_bad_server_is_passed_over(void **state)
{
	(void)state;
	fn_add(root, ". 3600 IN NS b.root.");
	fn_add(root, "b.root. 3600 IN A 192.0.2.11");
	fn_server("192.0.2.11", root);
	fn.server[0].manner = FN_NO_SIGS;
	for (unsigned i = 0; i < 5; i++)
		days("ABz/A", 1);
	assert_string_equal(state_of('B'), "AddPend");
}

static void
with_all_keys_revoked_nothing_validates_rather_than_all_is_insecure(void **state)
{
	struct cp_rollover_view v;
	char what[300];

	(void)state;
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
	publish("aBz/a");
	assert_int_equal(observe(), CP_SEEN_REVOKED);
	assert_string_equal(state_of('A'), "Revoked");
	const struct cp_answer *a = fn_ask("name1.", HF_TYPE_A, 0);

	assert_int_equal(a->rcode, HF_RCODE_SERVFAIL);
	assert_int_equal(a->verdict, HF_VERDICT_BOGUS);
	assert_true(cp_rollover_view(rollover, 0, fn.now_ns, &v));
	assert_true(cp_rollover_trouble(&v, what, sizeof(what)));
	assert_non_null(strstr(what, "no trust anchor of . is left"));
	restart("A"); /* the file still has it */
	assert_string_equal(state_of('A'), "Revoked");
	assert_int_equal(fn_ask("name2.", HF_TYPE_A, 0)->rcode, HF_RCODE_SERVFAIL);
	publish("Bz/B");
	restart("AB"); /* a new file ends it */
	assert_int_equal(verdict_of("name3.", HF_TYPE_A), HF_VERDICT_SECURE);
}

static void
a_hold_down_goes_on_over_restarts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 31; i++) {
		assert_string_equal(state_of('B'), i == 0 ? "Start" : "AddPend");
		days("ABz/A", 1);
		restart("A");
	}
	assert_string_equal(state_of('B'), "Valid");
	days("aBz/aB", 1);
	restart("A");
	assert_string_equal(state_of('A'), "Revoked");
	assert_int_equal(verdict_of("name0.", HF_TYPE_A), HF_VERDICT_SECURE);
}

static void
what_is_not_stored_is_not_done(void **state)
{
	(void)state;
	days("ABz/A", 30);
	cp_rollover_destroy(rollover);
	cp_store_close(store);
	assert_int_equal(cp_store_open(path, &store), 0);
	rollover = create("A", HOLD_S, HF_ROLLOVER_ROOT);
	push(cp_store_generation(store));
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN"
			     " SELECT RAISE(ABORT, 'a test'); END;",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	fn_pass(DAY_S);
	assert_int_equal(observe(), CP_SEEN_BAD);
	assert_string_equal(state_of('B'), "AddPend");
	assert_true(signals("A"));
	assert_int_equal(sqlite3_exec(db, "DROP TRIGGER no", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(observe(), CP_SEEN_GOOD);
	assert_string_equal(state_of('B'), "Valid");
}

static void
with_rollover_off_files_alone_say_what_is_believed(void **state)
{
	struct cp_rollover_view v;

	(void)state;
	days("ABz/A", 31);
	days("aBz/aB", 1);
	cp_rollover_destroy(rollover);
	rollover = create("A", HOLD_S, HF_ROLLOVER_NO);
	push(9);
	assert_true(cp_rollover_view(rollover, 0, 0, &v));
	assert_int_equal(v.due_in_s, -1);
	assert_int_equal(v.point->key_cnt, 1);
	assert_true(signals("A"));
	cp_rollover_destroy(rollover); /* and what was known is known again */
	rollover = create("A", HOLD_S, HF_ROLLOVER_ALL);
	push(10);
	assert_string_equal(state_of('A'), "Revoked");
	assert_string_equal(state_of('B'), "Valid");
}

/* --- kill -9 ------------------------------------------------------------------------------ */

enum { KILLS = 40, PERIOD = 4, BEGIN_S = 1900000000 };

/* Observes, a second apart, until it is killed: B is there but for every fourth time. Says each
 * second once it is on disk. */
static void
observe_for_ever(int out)
{
	static struct va_box with, without;
	struct cp_rollover_view v;
	struct cp_rollover *r;

	kr_set(&with, "ABC/A", 1, BEGIN_S, LIFE_S);
	kr_set(&without, "A/A", 1, BEGIN_S, LIFE_S);
	if (cp_store_open(path, &store) != 0)
		_exit(1);
	r = create("AC", 4, HF_ROLLOVER_ROOT);
	(void)cp_rollover_view(r, 0, 0, &v);
	for (int64_t s = v.point->good_s == 0 ? BEGIN_S : v.point->good_s + 1;; s++) {
		struct cp_time t = {(uint64_t)s * HF_NS_PER_S, s};
		const struct va_box *b = s % PERIOD == 3 ? &without : &with;

		if (cp_rollover_observe(r, 0, &b->set, &t) != CP_SEEN_GOOD ||
		    write(out, &s, sizeof(s)) != sizeof(s))
			_exit(1);
	}
}

/* The last state of B that the audit log tells of. */
static int
last_of_b(void *arg, const struct hf_audit_line *a)
{
	struct va_signer b = kr_signer('B');
	unsigned tag = 0;

	if (sscanf(a->reason, "key tag %u,", &tag) == 1 && tag == va_signer_tag(&b))
		snprintf(arg, 32, "%s", a->action);
	return 0;
}

static int
check_point(void *arg, const struct cp_point *p)
{
	bool there = p->good_s % PERIOD != 3;
	char *told = arg;

	assert_int_equal(p->key_cnt, there ? 3 : 2);
	assert_string_equal(told, there ? "anchor-pending" : "anchor-forgotten");
	for (unsigned i = 0; i < p->key_cnt; i++)
		if (p->keys[i].state == CP_KEY_PENDING)
			assert_int_equal(p->keys[i].seen_s, p->good_s);
	snprintf(told, 32, "%lld", (long long)p->good_s);
	return 0;
}

static int64_t
one_kill(useconds_t us, int64_t said)
{
	int fds[2];
	int64_t s;

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		observe_for_ever(fds[1]);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &said, sizeof(said)), sizeof(said));
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(fds[0], &s, sizeof(s)) == sizeof(s))
		said = s;
	close(fds[0]);
	return said;
}

static void
killed_at_any_moment_an_observation_is_whole_or_was_not(void **state)
{
	int64_t said = 0;

	(void)state;
	srandom(5);
	cp_store_close(store);
	store = NULL;
	(void)unlink(path);
	for (unsigned i = 0; i < KILLS; i++) {
		char told[32] = "";

		said = one_kill((useconds_t)(random() % 8000), said);
		assert_int_equal(cp_store_open(path, &store), 0);
		assert_int_equal(cp_store_audit(store, 0, 0, INT64_MAX, last_of_b, told), 0);
		assert_int_equal(cp_store_points(store, check_point, told), 0);
		/* What was said is there; at most one more. */
		assert_true(atoll(told) == said || atoll(told) == said + 1);
		cp_store_close(store);
		store = NULL;
	}
	assert_true(said > BEGIN_S + KILLS);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(a_roll_goes_by_without_a_moment_of_doubt),
	    T(keys_are_asked_for_afresh_and_only_then),
	    T(a_revoked_key_convinces_no_client_from_that_moment_on),
	    T(what_was_found_under_other_anchors_is_looked_at_again),
	    T(a_forged_set_changes_nothing_and_harms_no_client),
	    T(one_bad_server_is_passed_over),
	    T(with_all_keys_revoked_nothing_validates_rather_than_all_is_insecure),
	    T(a_hold_down_goes_on_over_restarts),
	    T(what_is_not_stored_is_not_done),
	    T(with_rollover_off_files_alone_say_what_is_believed),
	    T(killed_at_any_moment_an_observation_is_whole_or_was_not),
	};

	kr_init();
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	kr_fini();
	return rc;
}
