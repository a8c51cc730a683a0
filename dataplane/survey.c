/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/survey.h"

/* name is zone, or below it. Both are whole and lower case. */
static bool
name_within(const uint8_t *name, unsigned len, const uint8_t *zone, unsigned zone_len)
{
	while (len > zone_len) {
		len -= name[0] + 1u;
		name += name[0] + 1u;
	}
	return len == zone_len && memcmp(name, zone, len) == 0;
}

static unsigned
name_octets(const uint8_t *name)
{
	unsigned len = 1;

	while (name[len - 1] != 0)
		len += name[len - 1] + 1u;
	return len;
}

/* By its question or an alias in its answer. */
static bool
entry_within(const struct dp_entry *e, const struct hf_msg_survey_ask *ask)
{
	unsigned cnt;
	const uint8_t *name = dp_entry_chain(e, &cnt);

	if (name_within(e->name, e->name_len, ask->name, ask->name_len))
		return true;
	for (; cnt > 0; cnt--) {
		unsigned len = name_octets(name);

		if (name_within(name, len, ask->name, ask->name_len))
			return true;
		name += len;
	}
	return false;
}

enum hf_fate
dp_survey_fate(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms)
{
	if (now_ms >= dp_entry_fresh_until_ms(e))
		return dp_policy_keeps(p, e, now_ms) ? HF_FATE_stale : HF_FATE_NONE;

	bool restricted = dp_policy_restricts_now(p, e);

	switch (e->verdict) {
	case HF_VERDICT_SECURE:
		return restricted ? HF_FATE_restricted : HF_FATE_authentic;
	case HF_VERDICT_BOGUS:
	case HF_VERDICT_FAILURE:
		return restricted ? HF_FATE_retried : HF_FATE_failed;
	case HF_VERDICT_UNVALIDATED:
		return restricted ? HF_FATE_lifted : HF_FATE_open;
	default:
		return HF_FATE_insecure;
	}
}

bool
dp_survey_begin(struct dp_survey *s, const struct hf_msg_survey_ask *ask, const struct dp_policy *p)
{
	dp_survey_end(s);
	s->planned = dp_policy_with_nta(p, ask->name, ask->name_len);
	if (s->planned == NULL)
		return false;
	s->planned_from = p->serial;
	s->active = true;
	s->ask = *ask;
	s->bucket = 0;
	s->sample = 0;
	s->oldest_ms = UINT64_MAX;
	memset(&s->say, 0, sizeof(s->say));
	memset(s->seen, 0, sizeof(s->seen));
	return true;
}

void
dp_survey_end(struct dp_survey *s)
{
	dp_policy_free(s->planned);
	s->planned = NULL;
	s->active = false;
}

/* A push came meanwhile: what was counted was counted by the policy before. */
static bool
follow(struct dp_survey *s, const struct dp_policy *p)
{
	struct hf_msg_survey_ask ask = s->ask;

	return s->planned_from == p->serial || dp_survey_begin(s, &ask, p);
}

static void
count_entry(
    struct dp_survey *s, const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms)
{
	if ((e->variant & HF_VARIANT_CD) != 0 || !entry_within(e, &s->ask))
		return;

	enum hf_fate now = dp_survey_fate(p, e, now_ms);
	enum hf_fate then = dp_survey_fate(s->planned, e, now_ms);

	if (now != HF_FATE_NONE)
		s->say.now[now]++;
	if (then != HF_FATE_NONE)
		s->say.nta[then]++;
}

static void
walk_buckets(struct dp_survey *s, const struct dp_policy *p, uint64_t now_ms)
{
	const struct dp_table *t = s->table;
	uint64_t end = s->bucket + DP_SURVEY_BUCKETS;

	if (end > t->bucket_cnt)
		end = t->bucket_cnt;
	for (; s->bucket < end; s->bucket++) {
		for (unsigned i = 0; i < DP_BUCKET_SLOTS; i++) {
			uint64_t word = dp_bucket_word(&t->buckets[s->bucket], i);

			if (word != 0)
				count_entry(s, p, dp_word_entry(t, word), now_ms);
		}
	}
}

static bool
seen_first(struct dp_survey *s, uint64_t hash)
{
	hash |= hash == 0;              /* zero is a free slot */
	for (uint64_t i = hash;; i++) { /* at most half full */
		uint64_t *slot = &s->seen[i & (DP_SURVEY_SEEN - 1)];

		if (*slot == hash)
			return false;
		if (*slot == 0) {
			*slot = hash;
			return true;
		}
	}
}

/* Whether the cache has more than a failure for who asks for key at now_ms. */
static bool
answerable(
    const struct dp_survey *s, const struct dp_policy *p, const struct dp_key *key, uint64_t now_ms)
{
	const struct dp_entry *e = dp_table_find(s->table, key);

	if (e == NULL || dp_survey_fate(p, e, now_ms) == HF_FATE_NONE)
		e = dp_table_find_plain(s->table, key);
	if (e == NULL)
		return false;
	switch (dp_survey_fate(p, e, now_ms)) {
	case HF_FATE_authentic:
	case HF_FATE_restricted:
	case HF_FATE_insecure:
	case HF_FATE_open:
	case HF_FATE_stale:
		return true;
	default:
		return false;
	}
}

static void
count_sample(
    struct dp_survey *s, const struct dp_policy *p, const struct dp_sample *m, uint64_t now_ms)
{
	unsigned len = dp_key_meta_name_len(m->meta);
	uint8_t name[DP_KEY_READ_MAX] = {0};
	struct dp_key key;

	s->say.queries_all += m->queries;
	if (m->at_ms < s->oldest_ms)
		s->oldest_ms = m->at_ms;
	if (!name_within(m->name, len, s->ask.name, s->ask.name_len))
		return;
	memcpy(name, m->name, len);
	dp_key_set_at(&key, &s->table->hash, name, m->meta);
	s->say.queries += m->queries;
	s->say.samples++;
	s->say.names += seen_first(s, dp_hash_name(&s->table->hash, name, len));
	for (unsigned i = 0; i < HF_SURVEY_TIMES; i++)
		if (answerable(s, p, &key, now_ms + (uint64_t)s->ask.after_s[i] * 1000))
			s->say.answerable[i] += m->queries;
}

static void
walk_samples(struct dp_survey *s, const struct dp_policy *p, uint64_t now_ms)
{
	unsigned end = s->sample + DP_SURVEY_SAMPLES, cnt = dp_recent_cnt(s->recent);

	if (end > cnt)
		end = cnt;
	for (; s->sample < end; s->sample++)
		count_sample(s, p, &s->recent->slot[s->sample], now_ms);
}

bool
dp_survey_step(struct dp_survey *s, const struct dp_policy *p, uint64_t now_ms)
{
	if (!follow(s, p)) {
		s->active = false;
		return false;
	}
	if (s->bucket < s->table->bucket_cnt) {
		walk_buckets(s, p, now_ms);
		return false;
	}
	walk_samples(s, p, now_ms);
	if (s->sample < dp_recent_cnt(s->recent))
		return false;
	s->say.token = s->ask.token;
	s->say.policy_gen = p->generation;
	s->say.window_ms = s->oldest_ms > now_ms ? 0 : now_ms - s->oldest_ms;
	return true;
}
