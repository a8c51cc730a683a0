/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/table.h"

#include <stdlib.h>
#include <string.h>

enum {
	OCTETS_PER_BUCKET = 512, /* an entry is rarely smaller: chains stay short */
	BUCKETS_MIN = 64,
};

struct entry {
	struct entry *chain;         /* same bucket */
	struct entry *newer, *older; /* in order of last use */
	struct hf_name name;         /* lower case */
	uint16_t type;
	enum cp_class class;
	uint16_t view;
	struct cp_block block;
	_Alignas(max_align_t) unsigned char data[];
};

struct cp_table {
	struct hf_siphash_key key;
	size_t octets_max, octets, entries;
	struct entry *newest, *oldest;
	size_t bucket_cnt; /* a power of two */
	struct entry *buckets[];
};

struct cp_table *
cp_table_create(const struct hf_siphash_key *key, size_t octets_max)
{
	size_t cnt = BUCKETS_MIN;

	while (cnt < octets_max / OCTETS_PER_BUCKET)
		cnt *= 2;
	struct cp_table *t = calloc(1, sizeof(*t) + cnt * sizeof(t->buckets[0]));

	if (t == NULL)
		return NULL;
	t->key = *key;
	t->octets_max = octets_max;
	t->bucket_cnt = cnt;
	return t;
}

void
cp_table_destroy(struct cp_table *t)
{
	if (t == NULL)
		return;
	while (t->newest != NULL) {
		struct entry *e = t->newest;

		t->newest = e->older;
		free(e);
	}
	free(t);
}

static struct cp_key
key_of(const struct entry *e)
{
	return (struct cp_key){&e->name, e->type, e->class, e->view};
}

/* The name of key is in lower case. */
static struct entry **
bucket_of(struct cp_table *t, const struct cp_key *key)
{
	uint8_t text[HF_NAME_MAX + 5];
	size_t len = key->name->len;

	memcpy(text, key->name->octets, len);
	text[len++] = (uint8_t)(key->type >> 8);
	text[len++] = (uint8_t)key->type;
	text[len++] = (uint8_t)key->class;
	text[len++] = (uint8_t)(key->view >> 8);
	text[len++] = (uint8_t)key->view;
	return &t->buckets[hf_siphash(&t->key, text, len) & (t->bucket_cnt - 1)];
}

/* The link that points to the entry of key, or the NULL at the end of its chain. */
static struct entry **
entry_at(struct cp_table *t, const struct cp_key *key)
{
	struct hf_name lower = *key->name;

	hf_name_lower(&lower);
	struct cp_key low = {&lower, key->type, key->class, key->view};
	struct entry **at = bucket_of(t, &low);

	while (*at != NULL &&
	    ((*at)->type != key->type || (*at)->class != key->class || (*at)->view != key->view ||
		!hf_name_equal(&(*at)->name, &lower)))
		at = &(*at)->chain;
	return at;
}

static void
unlink_use(struct cp_table *t, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &t->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &t->oldest) = e->newer;
}

static void
link_newest(struct cp_table *t, struct entry *e)
{
	e->newer = NULL;
	e->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
}

static void
entry_free(struct cp_table *t, struct entry **at)
{
	struct entry *e = *at;

	*at = e->chain;
	unlink_use(t, e);
	t->octets -= sizeof(*e) + e->block.len;
	t->entries--;
	free(e);
}

struct cp_block *
cp_table_find(struct cp_table *t, const struct cp_key *key)
{
	struct entry *e = *entry_at(t, key);

	if (e == NULL)
		return NULL;
	unlink_use(t, e);
	link_newest(t, e);
	return &e->block;
}

void
cp_table_remove(struct cp_table *t, const struct cp_key *key)
{
	struct entry **at = entry_at(t, key);

	if (*at != NULL)
		entry_free(t, at);
}

struct cp_block *
cp_table_put(struct cp_table *t, const struct cp_key *key, size_t len)
{
	size_t need = sizeof(struct entry) + len;

	cp_table_remove(t, key);
	if (need > t->octets_max)
		return NULL;
	while (t->octets + need > t->octets_max) { /* bounded: each turn frees one */
		struct cp_key old = key_of(t->oldest);

		entry_free(t, entry_at(t, &old));
	}
	struct entry *e = calloc(1, need);

	if (e == NULL)
		return NULL;
	e->name = *key->name;
	hf_name_lower(&e->name);
	e->type = key->type;
	e->class = key->class;
	e->view = key->view;
	e->block.len = (uint32_t)len;
	e->block.data = e->data;
	struct cp_key low = key_of(e);
	struct entry **at = bucket_of(t, &low);

	e->chain = *at;
	*at = e;
	link_newest(t, e);
	t->octets += need;
	t->entries++;
	return &e->block;
}

void
cp_table_each(struct cp_table *t, cp_table_fn fn, void *arg)
{
	for (struct entry *e = t->newest; e != NULL; e = e->older) {
		struct cp_key key = key_of(e);

		fn(arg, &key, &e->block);
	}
}

uint64_t
cp_table_octets(const struct cp_table *t)
{
	return t->octets;
}

uint64_t
cp_table_entries(const struct cp_table *t)
{
	return t->entries;
}
