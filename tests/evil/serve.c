/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/serve.h"

#include <string.h>

#include "lib/base/clock.h"

enum { LATE_MAX_US = 40000, TWICE_MAX_US = 20000, BEHIND_FAKE_US = 3000, FAKE_US = 20 };

/* splitmix64: the same mishaps for the same seed and queries. */
static uint64_t
dice(struct evil_serve *s)
{
	uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool
chance(struct evil_serve *s, uint32_t pct)
{
	return dice(s) % 100 < pct;
}

/* Of a word and the weather, whichever is worse. */
static uint32_t
worse(const struct evil_words *w, enum evil_word word, uint32_t weather)
{
	return w->have[word] && w->arg[word] > weather ? w->arg[word] : weather;
}

static uint64_t
send_forged(struct evil_serve *s, const struct evil_ask *ask)
{
	uint64_t sent = 0;

	for (unsigned kind = 0; kind < EVIL_FORGE_CNT; kind++) {
		unsigned cnt = evil_forge_cnt(&ask->words, (enum evil_forge)kind);

		for (unsigned i = 0; i < cnt; i++) {
			struct evil_way way;
			size_t len =
			    evil_forge_make((enum evil_forge)kind, ask, dice(s), s->other, &way);

			evil_net_send(s->net, &way, s->other, len, 0);
			sent++;
		}
	}
	s->counters.forged += sent;
	return sent > 0 ? BEHIND_FAKE_US + sent * FAKE_US : 0;
}

/* The true reply is an answer of one address: what malformed.h spoils. */
static uint64_t
send_malformed(
    struct evil_serve *s, const struct evil_ask *ask, const struct evil_way *way, size_t len)
{
	const uint8_t *counts = s->reply + 4;

	if (!ask->words.have[EVIL_bad] || len == 0 || counts[3] != 1 || counts[5] != 0 ||
	    ask->query.question.type != HF_TYPE_A || !ask->query.edns.present)
		return 0;
	memcpy(s->other, s->reply, len);
	size_t bad_len =
	    evil_malformed_make(ask->words.arg[EVIL_bad], s->other, len, ask->query.question_end);

	evil_net_send(s->net, way, s->other, bad_len, 0);
	s->counters.malformed++;
	return BEHIND_FAKE_US;
}

static void
send_true(struct evil_serve *s, const struct evil_ask *ask, const struct evil_way *way, size_t len,
    uint64_t behind_us)
{
	const struct evil_words *w = &ask->words;
	uint64_t delay_us = behind_us + worse(w, EVIL_delay, s->weather.delay_ms) * UINT64_C(1000);

	if (chance(s, worse(w, EVIL_drop, s->weather.drop_pct))) {
		s->counters.dropped++;
		return;
	}
	if (chance(s, worse(w, EVIL_reorder, s->weather.reorder_pct))) {
		s->counters.late++;
		delay_us += 1 + dice(s) % LATE_MAX_US;
	}
	evil_net_send(s->net, way, s->reply, len, delay_us);
	s->counters.replies++;
	if (chance(s, worse(w, EVIL_dup, s->weather.dup_pct))) {
		s->counters.doubled++;
		evil_net_send(s->net, way, s->reply, len, delay_us + dice(s) % TWICE_MAX_US);
	}
}

static void
count_query(struct evil_serve *s, const struct evil_ask *ask)
{
	const struct hf_edns *edns = &ask->query.edns;
	struct hf_option o;
	uint32_t off = edns->options_off;

	while (edns->present && hf_option_next(ask->msg, edns, &off, &o))
		s->counters.cookies += o.code == HF_OPTION_COOKIE;
	s->counters.no_edns += !edns->present;
	s->counters.not_served += !ask->served;
	s->counters.recursive += (ask->query.h.flags & HF_FLAG_RD) != 0;
	s->counters.mixed_case +=
	    memcmp(ask->name.octets, ask->query.question.name.octets, ask->name.len) != 0;
	s->counters.tags_full += !evil_tags_count(s->tags, ask->tag);
}

/* 0: nothing to say, or said already. */
static size_t
understand(struct evil_serve *s, const uint8_t *msg, size_t len, struct evil_ask *ask)
{
	if (evil_ask_read(&s->world.key, msg, len, ask) != 0) {
		s->counters.not_dns++;
		return 0;
	}
	if (ask->query.question.klass == HF_CLASS_CH)
		return evil_counters_reply(
		    &s->counters, s->tags, &ask->query, s->reply, HF_UDP_EDNS_SEND);
	if (ask->tcp)
		s->counters.tcp_queries++;
	else
		s->counters.udp_queries++;
	count_query(s, ask);
	s->world.now_s = hf_clock_wall_s();
	len = evil_reply_write(&s->world, ask, s->reply);
	s->counters.silent += len == 0;
	return len;
}

void
evil_serve_datagram(
    void *arg, const uint8_t *msg, size_t len, const struct hf_addr *from, const struct hf_addr *to)
{
	struct evil_serve *s = arg;
	struct evil_ask ask = {.from = *from, .to = *to};
	struct evil_way way = {.from = *to, .to = *from};
	uint64_t behind_us;

	len = understand(s, msg, len, &ask);
	if (len == 0)
		return;
	if (ask.query.question.klass == HF_CLASS_CH) {
		evil_net_send(s->net, &way, s->reply, len, 0);
		return;
	}
	if (evil_word_for(&ask.words, EVIL_othersrc, ask.idx))
		way.from.octets[way.from.family == AF_INET ? 3 : 15] ^= 8;
	behind_us = send_forged(s, &ask);
	behind_us += send_malformed(s, &ask, &way, len);
	send_true(s, &ask, &way, len, behind_us);
}

size_t
evil_serve_stream(struct evil_serve *s, const uint8_t *msg, size_t len, const struct hf_addr *from,
    const struct hf_addr *to, struct evil_ask *ask)
{
	*ask = (struct evil_ask){.tcp = true, .from = *from, .to = *to};
	len = understand(s, msg, len, ask);
	s->counters.replies += len > 0;
	return len;
}
