/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resolve_main: the resolver core alone, on plain sockets, for checks against the lab.
 *
 *   resolve_main HINTS ANCHOR < questions > answers
 *
 * A line of input is one of
 *   ask NAME TYPE [do] [cd]     answered with one block that ends in an empty line
 *   nta NAME...                 a new policy with these NTAs (none: no NTA)
 *   stats                       counters that are not 0
 * All ask lines up to the next other line (or the end) are under way at once.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ldns/ldns.h>

#include "controlplane/resolver/resolver.h"
#include "lib/base/clock.h"
#include "lib/base/rand.h"
#include "lib/wire/rdata.h"

enum { WIRE_MAX = 1024, SETS_MAX = 64, RRS_MAX = 32, ASK_MAX = 4096 };

struct wire {
	int fd; /* 0: free */
	uint64_t exchange, until_ns;
	enum cp_transport transport;
	size_t got;
	uint8_t buf[2 + 65535];
};

static struct wire *wires;
static struct hf_rand rnd;
static struct cp_resolver *resolver;
static unsigned pending;
static struct hf_question asked[ASK_MAX];

static struct cp_time
now(void)
{
	return (struct cp_time){hf_clock_mono_ns(), hf_clock_wall_s()};
}

static void
on_random(void *arg, void *out, size_t len)
{
	(void)arg;
	hf_rand_bytes(&rnd, out, len);
}

static void
on_send(void *arg, const struct cp_send *s)
{
	struct sockaddr_storage ss;
	socklen_t ss_len = hf_addr_to_sockaddr(&s->server, &ss);
	uint8_t frame[2 + 512];
	unsigned i = 0;

	(void)arg;
	while (i < WIRE_MAX && wires[i].fd != 0)
		i++;
	if (i == WIRE_MAX || s->len > 512)
		abort();
	struct wire *w = &wires[i];

	w->exchange = s->exchange;
	w->until_ns = hf_clock_mono_ns() + s->timeout_ns;
	w->transport = s->transport;
	w->got = 0;
	w->fd = socket(s->server.family, s->transport == CP_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
	frame[0] = (uint8_t)(s->len >> 8);
	frame[1] = (uint8_t)s->len;
	memcpy(frame + 2, s->msg, s->len);
	if (connect(w->fd, (struct sockaddr *)&ss, ss_len) != 0)
		return; /* times out */
	if (s->transport == CP_TCP)
		(void)!write(w->fd, frame, s->len + 2);
	else
		(void)!write(w->fd, frame + 2, s->len);
}

static void
on_cancel(void *arg, uint64_t exchange)
{
	(void)arg;
	for (unsigned i = 0; i < WIRE_MAX; i++) {
		if (wires[i].fd != 0 && wires[i].exchange == exchange) {
			close(wires[i].fd);
			wires[i].fd = 0;
		}
	}
}

static void
print_records(const struct cp_answer *a)
{
	static uint8_t msg[HF_MSG_MAX + 512];
	size_t q_len = 12u + a->question.name.len + 4u;
	ldns_pkt *pkt;

	memset(msg, 0, 12);
	msg[2] = 0x80;
	msg[5] = 1;
	msg[6] = (uint8_t)(a->an_cnt >> 8);
	msg[7] = (uint8_t)a->an_cnt;
	msg[8] = (uint8_t)(a->ns_cnt >> 8);
	msg[9] = (uint8_t)a->ns_cnt;
	memcpy(msg + 12, a->question.name.octets, a->question.name.len);
	msg[q_len - 4] = (uint8_t)(a->question.type >> 8);
	msg[q_len - 3] = (uint8_t)a->question.type;
	msg[q_len - 2] = 0;
	msg[q_len - 1] = 1;
	memcpy(msg + q_len, a->body, a->body_len);
	if (ldns_wire2pkt(&pkt, msg, q_len + a->body_len) != LDNS_STATUS_OK) {
		printf("! body does not parse\n");
		return;
	}
	ldns_rr_list *an = ldns_pkt_answer(pkt), *ns = ldns_pkt_authority(pkt);

	for (size_t i = 0; i < ldns_rr_list_rr_count(an); i++) {
		printf("an ");
		ldns_rr_print(stdout, ldns_rr_list_rr(an, i));
	}
	for (size_t i = 0; i < ldns_rr_list_rr_count(ns); i++) {
		printf("ns ");
		ldns_rr_print(stdout, ldns_rr_list_rr(ns, i));
	}
	ldns_pkt_free(pkt);
}

static void
on_answer(void *arg, uint64_t token, const struct cp_answer *a)
{
	char name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN];

	(void)arg;
	(void)token;
	pending--;
	printf("answer %s %s rcode=%s verdict=%s ede=%d hidden=%d nta=%d ttl=%u tc=%d sends=%u "
	       "text=%s\n",
	    hf_name_to_text(&a->question.name, name), hf_type_to_text(a->question.type, type),
	    hf_rcode_to_text(a->rcode), hf_verdict_to_text(a->verdict),
	    a->ede == HF_EDE_NONE ? -1 : a->ede, a->hidden_ede == HF_EDE_NONE ? -1 : a->hidden_ede,
	    a->under_nta, a->ttl_s, a->truncated, a->sends, a->ede_text);
	print_records(a);
	printf("\n");
	fflush(stdout);
}

static void
take(struct wire *w)
{
	struct cp_time t = now();
	ssize_t n = read(w->fd, w->buf + w->got, sizeof(w->buf) - w->got);
	int fd = w->fd;

	if (n <= 0) {
		w->fd = 0;
		close(fd);
		cp_resolver_failed(resolver, &t, w->exchange,
		    w->transport == CP_TCP ? CP_FAIL_RESET : CP_FAIL_UNREACHABLE);
		return;
	}
	w->got += (size_t)n;
	if (w->transport == CP_TCP) {
		size_t want = w->got < 2 ? 65535 : (size_t)(w->buf[0] << 8 | w->buf[1]) + 2;

		if (w->got < want)
			return;
		w->fd = 0;
		close(fd);
		cp_resolver_reply(resolver, &t, w->exchange, w->buf + 2, want - 2);
		return;
	}
	w->fd = 0;
	close(fd);
	cp_resolver_reply(resolver, &t, w->exchange, w->buf, w->got);
}

static void
expire(void)
{
	for (unsigned i = 0; i < WIRE_MAX; i++) {
		struct cp_time t = now();

		if (wires[i].fd == 0 || wires[i].until_ns > t.mono_ns)
			continue;
		close(wires[i].fd);
		wires[i].fd = 0;
		cp_resolver_failed(resolver, &t, wires[i].exchange, CP_FAIL_TIMEOUT);
	}
}

static void
drain(void)
{
	static struct pollfd fds[WIRE_MAX];
	static struct wire *who[WIRE_MAX];

	while (pending > 0) {
		struct cp_time t = now();
		uint64_t next;
		unsigned n = 0;

		cp_resolver_tick(resolver, &t, &next);
		for (unsigned i = 0; i < WIRE_MAX; i++) {
			if (wires[i].fd == 0)
				continue;
			who[n] = &wires[i];
			fds[n++] = (struct pollfd){wires[i].fd, POLLIN, 0};
		}
		poll(fds, n, 20);
		for (unsigned i = 0; i < n; i++)
			if (fds[i].revents != 0 && who[i]->fd == fds[i].fd)
				take(who[i]);
		expire();
	}
}

/* One RRset per owner and type of a master file; ldns reads, we copy. */
/* Leaks its RDATA: the program ends with them. */
static size_t
sets_read(const char *path, struct hf_rrset *sets)
{
	FILE *f = fopen(path, "r");
	ldns_zone *z;
	size_t cnt = 0;

	if (f == NULL ||
	    ldns_zone_new_frm_fp(&z, f, NULL, 3600, LDNS_RR_CLASS_IN) != LDNS_STATUS_OK) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	fclose(f);
	ldns_rr_list *l = ldns_zone_rrs(z);

	for (size_t i = 0; i < ldns_rr_list_rr_count(l); i++) {
		ldns_rr *rr = ldns_rr_list_rr(l, i);
		uint8_t *wire;
		size_t len, k = 0;
		struct hf_name owner;

		ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len);
		hf_name_from_octets(
		    ldns_rdf_data(ldns_rr_owner(rr)), ldns_rdf_size(ldns_rr_owner(rr)), &owner);
		while (k < cnt &&
		    (!hf_name_equal(&sets[k].owner, &owner) ||
			sets[k].type != ldns_rr_get_type(rr)))
			k++;
		if (k == cnt)
			sets[cnt++] = (struct hf_rrset){.owner = owner,
			    .type = (uint16_t)ldns_rr_get_type(rr),
			    .klass = 1,
			    .ttl = ldns_rr_ttl(rr),
			    .rr = calloc(RRS_MAX, sizeof(struct hf_rdata))};
		struct hf_rdata *rd = (struct hf_rdata *)(uintptr_t)&sets[k].rr[sets[k].rr_cnt++];

		rd->data = wire + owner.len + 10;
		rd->len = (uint16_t)(len - owner.len - 10);
	}
	ldns_zone_deep_free(z);
	return cnt;
}

static void
set_policy(char *names)
{
	static uint64_t gen = 1;
	struct cp_rule rules[64];
	size_t cnt = 0;

	for (char *n = strtok(names, " \n"); n != NULL && cnt < 64; n = strtok(NULL, " \n")) {
		rules[cnt].kind = HF_RULE_NTA;
		if (hf_name_from_text(n, &rules[cnt].name) == 0)
			cnt++;
	}
	struct cp_policy *p = cp_policy_create(++gen, NULL, rules, cnt);

	cp_resolver_set_policy(resolver, p);
	cp_policy_put(p);
}

static void
ask(char *line)
{
	char *name = strtok(line, " \n"), *type = strtok(NULL, " \n"), *word;
	static unsigned n;
	struct hf_question *q = &asked[n++ % ASK_MAX];
	struct cp_time t = now();
	uint8_t variant = 0;

	while ((word = strtok(NULL, " \n")) != NULL)
		variant |= strcmp(word, "do") == 0 ? HF_VARIANT_DO : HF_VARIANT_CD;
	q->klass = HF_CLASS_IN;
	if (name == NULL || type == NULL || hf_name_from_text(name, &q->name) != 0 ||
	    hf_type_from_text(type, &q->type) != 0) {
		fprintf(stderr, "bad question\n");
		exit(2);
	}
	pending++;
	if (cp_resolver_ask_large(resolver, &t, q, variant, n) != 0)
		pending--;
}

static void
stats(void)
{
	static const char *const names[] = {
#define X(name, unit, sentence) #name,
	    CP_RESOLVER_COUNTERS(X)
#undef X
	};
	const uint64_t *c = cp_resolver_counters(resolver);

	for (unsigned i = 0; i < CP_RESOLVER_COUNTER_CNT; i++)
		if (c[i] != 0)
			printf("stat %s %llu\n", names[i], (unsigned long long)c[i]);
}

int
main(int argc, char **argv)
{
	static struct hf_rrset hints[SETS_MAX], anchors[SETS_MAX];
	struct cp_resolver_config cfg = {.root_hints = hints,
	    .anchors = anchors,
	    .do_ip4 = true,
	    .do_ip6 = true,
	    .validate = true};
	struct cp_resolver_ops ops = {NULL, on_send, on_cancel, on_answer, on_random};
	char line[4096];

	if (argc != 3)
		return 2;
	wires = calloc(WIRE_MAX, sizeof(*wires));
	hf_rand_init(&rnd);
	cfg.root_hints_cnt = sets_read(argv[1], hints);
	cfg.anchors_cnt = sets_read(argv[2], anchors);
	struct cp_policy *p = cp_policy_create(1, NULL, NULL, 0);

	resolver = cp_resolver_create(&cfg, &ops, p);
	cp_policy_put(p);
	if (resolver == NULL)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "ask ", 4) == 0) {
			ask(line + 4);
			if (pending >= 40)
				drain();
			continue;
		}
		drain();
		if (strncmp(line, "nta", 3) == 0)
			set_policy(line + 3);
		if (strncmp(line, "stats", 5) == 0)
			stats();
	}
	drain();
	cp_resolver_destroy(resolver);
	return 0;
}
