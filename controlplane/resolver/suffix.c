/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/suffix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOTS = 2 * CP_SUFFIX_RULES_MAX, /* a power of two; at most half are in use */
	KINDS = 7,                       /* the low bits of a slot: a bit for each kind of rule */
};

struct cp_suffixes {
	struct hf_siphash_key key;
	size_t cnt;
	unsigned labels_max; /* of the longest rule */
	/* A bit for each slot that a rule's hash stands for: most names have no rule, and that is
	 * seen without a look at a megabyte of slots. */
	uint64_t begun[SLOTS / 64];
	uint64_t slot[SLOTS]; /* keyed hash of a name, and which rules it has; 0: free */
};

struct cp_suffixes *
cp_suffixes_create(const struct hf_siphash_key *key)
{
	struct cp_suffixes *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->key = *key;
	return s;
}

void
cp_suffixes_destroy(struct cp_suffixes *s)
{
	free(s);
}

/* Its low bits are free for the kinds. */
static uint64_t
hash_of(const struct cp_suffixes *s, const uint8_t *octets, size_t len)
{
	return hf_siphash(&s->key, octets, len) & ~(uint64_t)KINDS;
}

static size_t
first_slot(uint64_t hash)
{
	return (hash / (KINDS + 1)) & (SLOTS - 1);
}

/* The slot of this hash, or the free one where it would be: at least half are free. */
static size_t
slot_of(const struct cp_suffixes *s, uint64_t hash)
{
	size_t i = first_slot(hash);

	while (s->slot[i] != 0 && (s->slot[i] & ~(uint64_t)KINDS) != hash)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

static unsigned
bit_of(enum cp_suffix_kind kind)
{
	return 1u << kind;
}

int
cp_suffixes_add(struct cp_suffixes *s, enum cp_suffix_kind kind, const struct hf_name *name)
{
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	uint64_t hash = hash_of(s, lower.octets, lower.len);
	size_t i = slot_of(s, hash);

	if ((s->slot[i] & bit_of(kind)) != 0)
		return 0;
	if (s->cnt >= CP_SUFFIX_RULES_MAX)
		return -ENOSPC;
	s->slot[i] |= hash | bit_of(kind);
	s->begun[first_slot(hash) / 64] |= UINT64_C(1) << first_slot(hash) % 64;
	s->cnt++;
	if (s->labels_max < name->label_cnt + 1u)
		s->labels_max = name->label_cnt + 1u; /* one more for a wildcard */
	return 0;
}

size_t
cp_suffixes_cnt(const struct cp_suffixes *s)
{
	return s->cnt;
}

/* The rules for the last cnt labels of name: a bit for each kind. */
static unsigned
rules_of(const struct cp_suffixes *s, const struct hf_name *name, unsigned cnt)
{
	unsigned off = hf_name_label_off(name, name->label_cnt - cnt);
	uint64_t hash = hash_of(s, name->octets + off, name->len - off);

	if ((s->begun[first_slot(hash) / 64] >> first_slot(hash) % 64 & 1) == 0)
		return 0;
	return s->slot[slot_of(s, hash)] & KINDS;
}

/* publicsuffix.org, "Algorithm": an exception wins, else the rule with most labels. */
static unsigned
suffix_labels(const struct cp_suffixes *s, const struct hf_name *name)
{
	unsigned most = name->label_cnt, rules, above;

	if (s == NULL)
		return 1;
	if (most > s->labels_max)
		most = s->labels_max;
	rules = rules_of(s, name, most);
	for (unsigned cnt = most; cnt > 0; cnt--, rules = above) {
		above = cnt > 1 ? rules_of(s, name, cnt - 1) : 0;
		if ((rules & bit_of(CP_SUFFIX_EXCEPTION)) != 0)
			return cnt - 1;
		if ((rules & bit_of(CP_SUFFIX_PLAIN)) != 0 ||
		    (above & bit_of(CP_SUFFIX_WILDCARD)) != 0)
			return cnt;
	}
	return 1;
}

unsigned
cp_suffixes_registrable(const struct cp_suffixes *s, const struct hf_name *name)
{
	unsigned labels = suffix_labels(s, name) + 1;

	return labels < name->label_cnt ? labels : name->label_cnt;
}

bool
cp_suffixes_is_public(const struct cp_suffixes *s, const struct hf_name *name)
{
	struct hf_name child;

	if (hf_name_wildcard(name, &child) != 0)
		return false;
	hf_name_lower(&child);
	return cp_suffixes_registrable(s, &child) == child.label_cnt;
}

uint32_t
cp_suffixes_domain(
    const struct cp_suffixes *s, const struct hf_siphash_key *key, const struct hf_name *name)
{
	unsigned labels = cp_suffixes_registrable(s, name);
	unsigned off = hf_name_label_off(name, name->label_cnt - labels);

	return (uint32_t)hf_siphash(key, name->octets + off, name->len - off);
}
