/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * survey: what the cache holds below a zone, and what policy makes of it.
 *
 * Purpose   Before a change: what an NTA would alter (plan). After it was taken back: that nothing
 *           fetched under it is used any more (verify-clean). The whole table is walked, a few
 *           buckets at a time beside the writer's other work, and nothing is changed; then the
 *           recent questions (sample.h) are looked up.
 * Roles     WRITER.
 * Memory    One struct dp_survey; while a survey is under way, a snapshot of policy that nobody
 *           else sees, too.
 * Blocking  Never; a step is bounded.
 * Errors    begin: false without memory.
 * Trust     The ask has passed hf_msg_check_survey_ask.
 *
 * What is put into the cache, or moved in it, while the survey is under way, may be counted twice
 * or not at all.
 */
#ifndef DP_SURVEY_H
#define DP_SURVEY_H

#include "dataplane/policy.h"
#include "dataplane/sample.h"
#include "dataplane/table.h"

enum {
	DP_SURVEY_BUCKETS = 512, /* a step */
	DP_SURVEY_SAMPLES = 512,
	DP_SURVEY_SEEN = 2 * DP_RECENT_CNT, /* a power of two */
};

struct dp_survey {
	const struct dp_table *table;
	const struct dp_recent *recent;
	bool active;
	struct hf_msg_survey_ask ask;
	struct dp_policy *planned; /* the policy in force, and an NTA at the zone */
	uint64_t planned_from;     /* the serial it was made of */
	uint64_t bucket;           /* the next one */
	unsigned sample;           /* and the next one of those */
	uint64_t oldest_ms;
	struct hf_msg_survey_say say;
	uint64_t seen[DP_SURVEY_SEEN]; /* hashes of names */
};

/* What a policy makes of an entry for who asks without CD. */
enum hf_fate dp_survey_fate(const struct dp_policy *p, const struct dp_entry *e, uint64_t now_ms);

/* False: no memory. One that was under way ends without a word. */
bool dp_survey_begin(
    struct dp_survey *s, const struct hf_msg_survey_ask *ask, const struct dp_policy *p);
/* Go on. True when it is done: s->say is whole but for its head. */
bool dp_survey_step(struct dp_survey *s, const struct dp_policy *p, uint64_t now_ms);
/* It ends. */
void dp_survey_end(struct dp_survey *s);

#endif
