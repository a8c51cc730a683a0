/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/shadow.h"

#include <stdatomic.h>
#include <stdlib.h>

struct sample {
	uint64_t met; /* names that were not in the sample when they came */
	unsigned cnt;
	struct hf_name name[CP_SHADOW_SAMPLE];
};

struct cp_shadow {
	_Atomic uint32_t refs;
	_Atomic uint64_t secure, insecure, failed[VA_REASON_CNT]; /* any resolver's thread */
	atomic_flag busy; /* held by who is at what follows */
	uint64_t random;
	struct sample sample[2]; /* without DS, with DS */
};

struct cp_shadow *
cp_shadow_create(uint64_t seed)
{
	struct cp_shadow *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	atomic_init(&s->refs, 1);
	atomic_flag_clear_explicit(&s->busy, memory_order_relaxed);
	s->random = seed;
	return s;
}

void
cp_shadow_get(struct cp_shadow *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void
cp_shadow_put(struct cp_shadow *s)
{
	/* Acquire and release: all that others did with it comes before it is freed. */
	if (s != NULL && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		free(s);
}

/* --- counts -------------------------------------------------------------------------------- */

void
cp_shadow_judged(struct cp_shadow *s, enum hf_verdict verdict, enum va_reason reason)
{
	_Atomic uint64_t *which = NULL;

	if (verdict == HF_VERDICT_SECURE)
		which = &s->secure;
	else if (verdict == HF_VERDICT_INSECURE)
		which = &s->insecure;
	else if (verdict == HF_VERDICT_BOGUS && (unsigned)reason < VA_REASON_CNT)
		which = &s->failed[reason];
	if (which != NULL)
		atomic_fetch_add_explicit(which, 1, memory_order_relaxed);
}

void
cp_shadow_counts(const struct cp_shadow *s, struct cp_shadow_counts *out)
{
	out->secure = atomic_load_explicit(&s->secure, memory_order_relaxed);
	out->insecure = atomic_load_explicit(&s->insecure, memory_order_relaxed);
	for (unsigned i = 0; i < VA_REASON_CNT; i++)
		out->failed[i] = atomic_load_explicit(&s->failed[i], memory_order_relaxed);
}

uint64_t
cp_shadow_failed(const struct cp_shadow_counts *c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < VA_REASON_CNT; i++)
		sum += c->failed[i];
	return sum;
}

/* --- the sample ---------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): a lot, not a secret. */
static uint64_t
draw(struct cp_shadow *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static bool
is_in(const struct sample *in, const struct hf_name *name)
{
	for (unsigned i = 0; i < in->cnt; i++)
		if (hf_name_equal(&in->name[i], name))
			return true;
	return false;
}

/* Reservoir sampling (Vitter's algorithm R): each of all that came is as likely to be in it. */
static void
take(struct cp_shadow *s, struct sample *in, const struct hf_name *name)
{
	unsigned at = in->cnt;

	in->met++;
	if (in->cnt == CP_SHADOW_SAMPLE) {
		uint64_t lot = draw(s) % in->met;

		if (lot >= CP_SHADOW_SAMPLE)
			return;
		at = (unsigned)lot;
	} else {
		in->cnt++;
	}
	in->name[at] = *name;
	hf_name_lower(&in->name[at]);
}

void
cp_shadow_met(struct cp_shadow *s, const struct hf_name *child, bool has_ds)
{
	struct sample *in = &s->sample[has_ds];

	/* Acquire: what the one before wrote is seen. A sample may pass over a name. */
	if (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire))
		return;
	if (!is_in(in, child))
		take(s, in, child);
	/* Release: the next one sees it. */
	atomic_flag_clear_explicit(&s->busy, memory_order_release);
}

unsigned
cp_shadow_sample(struct cp_shadow *s, bool has_ds, struct hf_name out[CP_SHADOW_SAMPLE])
{
	const struct sample *in = &s->sample[has_ds];

	while (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire))
		; /* as above; for as long as a name is copied */
	unsigned cnt = in->cnt;

	for (unsigned i = 0; i < cnt; i++)
		out[i] = in->name[i];
	atomic_flag_clear_explicit(&s->busy, memory_order_release);
	return cnt;
}
