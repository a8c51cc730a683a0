/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shadow: what validation finds below a negative trust anchor while nobody relies on it.
 *
 * Purpose   Validation goes on under an NTA (ADR 5). One of these hangs on each NTA: it counts what
 *           would validate and what would fail, by reason, and keeps a sample of the delegations
 *           that were met below the zone, for the probes (probe.h).
 * Roles     Counting and meeting: any resolver's thread. Reading: the main thread.
 * Memory    Counted references: the list of NTAs and each policy snapshot have one.
 * Blocking  cp_shadow_met gives up when another thread is at the sample; the reader waits for the
 *           copy of one name.
 * Errors    NULL without memory.
 * Trust     Names of delegations are servers' words. Whoever makes clients ask for names of his
 *           choice chooses part of the sample; each place in it is drawn by lot from all that
 *           were met, so nobody fills it with a few questions.
 */
#ifndef CP_SHADOW_H
#define CP_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "validator/validator.h"

enum { CP_SHADOW_SAMPLE = 20 }; /* unsigned delegations, and as many signed ones */

struct cp_shadow;

/* The seed decides what is sampled: random, but in tests. */
struct cp_shadow *cp_shadow_create(uint64_t seed);
void cp_shadow_get(struct cp_shadow *s); /* one more reference */
void cp_shadow_put(struct cp_shadow *s); /* frees with the last; NULL does nothing */

/* An owner name under the NTA was answered; BOGUS with the reason. FAILURE is not counted: it says
 * nothing of signatures. */
void cp_shadow_judged(struct cp_shadow *s, enum hf_verdict verdict, enum va_reason reason);

struct cp_shadow_counts {
	uint64_t secure, insecure;
	uint64_t failed[VA_REASON_CNT]; /* would be bogus */
};
void cp_shadow_counts(const struct cp_shadow *s, struct cp_shadow_counts *out);
uint64_t cp_shadow_failed(const struct cp_shadow_counts *c); /* all reasons */

/* A delegation from the zone to child was met, with a DS or without. */
void cp_shadow_met(struct cp_shadow *s, const struct hf_name *child, bool has_ds);

/* The sample of one kind, copied. Returns how many names. */
unsigned cp_shadow_sample(struct cp_shadow *s, bool has_ds, struct hf_name out[CP_SHADOW_SAMPLE]);

#endif
