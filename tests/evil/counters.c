/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/writer.h"
#include "tests/evil/words.h"

enum { PROBES_MAX = 64 };

struct evil_tags {
	struct {
		uint32_t tag, cnt;
	} slot[EVIL_TAG_SLOTS];
};

struct evil_tags *
evil_tags_create(void)
{
	return calloc(1, sizeof(struct evil_tags));
}

void
evil_tags_destroy(struct evil_tags *t)
{
	free(t);
}

void
evil_tags_reset(struct evil_tags *t)
{
	memset(t, 0, sizeof(*t));
}

static size_t
slot_of(uint32_t tag, unsigned probe)
{
	return (tag * 2654435761u + probe) & (EVIL_TAG_SLOTS - 1);
}

bool
evil_tags_count(struct evil_tags *t, uint32_t tag)
{
	for (unsigned i = 0; tag != 0 && i < PROBES_MAX; i++) {
		size_t at = slot_of(tag, i);

		if (t->slot[at].tag != 0 && t->slot[at].tag != tag)
			continue;
		t->slot[at].tag = tag;
		t->slot[at].cnt++;
		return true;
	}
	return tag == 0;
}

uint32_t
evil_tags_get(const struct evil_tags *t, uint32_t tag)
{
	for (unsigned i = 0; i < PROBES_MAX; i++)
		if (t->slot[slot_of(tag, i)].tag == tag)
			return t->slot[slot_of(tag, i)].cnt;
	return 0;
}

uint32_t
evil_tags_top(const struct evil_tags *t, uint32_t *cnt, uint32_t *tags)
{
	uint32_t top = 0;

	*cnt = *tags = 0;
	for (size_t i = 0; i < EVIL_TAG_SLOTS; i++) {
		*tags += t->slot[i].tag != 0;
		if (t->slot[i].cnt > *cnt) {
			*cnt = t->slot[i].cnt;
			top = t->slot[i].tag;
		}
	}
	return top;
}

static void
put_text(struct hf_writer *w, const struct hf_name *owner, const char *text)
{
	uint8_t rdata[256];
	size_t len = strlen(text);
	struct hf_rr rr = {
	    .type = HF_TYPE_TXT, .klass = HF_CLASS_CH, .rdata_len = (uint16_t)(len + 1)};

	rdata[0] = (uint8_t)len;
	memcpy(rdata + 1, text, len);
	hf_writer_rr(w, HF_SECTION_ANSWER, owner, &rr, rdata);
}

static void
put_all(struct hf_writer *w, const struct hf_name *owner, const struct evil_counters *c)
{
	char text[128];

#define X(name, sentence)                                           \
	snprintf(text, sizeof(text), #name "=%" PRIu64, (c)->name); \
	put_text(w, owner, text);
	EVIL_COUNTERS(X)
#undef X
}

size_t
evil_counters_reply(struct evil_counters *c, struct evil_tags *t, const struct hf_query *q,
    uint8_t *buf, size_t cap)
{
	const struct hf_name *name = &q->question.name;
	struct evil_words words;
	struct hf_writer w;
	char label[HF_NAME_TEXT_LEN], text[128];
	uint32_t cnt, tags, top;

	hf_writer_init(&w, buf, cap);
	hf_writer_question(&w, &q->question);
	hf_name_to_text(name, label);
	evil_words_read(name, &words);
	if (strcmp(label, "counters.") == 0) {
		put_all(&w, name, c);
	} else if (strcmp(label, "top.") == 0) {
		top = evil_tags_top(t, &cnt, &tags);
		snprintf(text, sizeof(text), "tag=%u", top);
		put_text(&w, name, text);
		snprintf(text, sizeof(text), "queries=%u", cnt);
		put_text(&w, name, text);
		snprintf(text, sizeof(text), "tags=%u", tags);
		put_text(&w, name, text);
	} else if (strcmp(label, "reset.") == 0) {
		*c = (struct evil_counters){0};
		evil_tags_reset(t);
	} else if (words.have[EVIL_q]) {
		snprintf(text, sizeof(text), "queries=%u", evil_tags_get(t, words.arg[EVIL_q]));
		put_text(&w, name, text);
	}
	return hf_writer_finish(&w, q->h.id, HF_FLAG_QR | HF_FLAG_AA);
}
