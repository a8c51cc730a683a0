/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of lib/wire: a hostile answer is walked, its RDATA expanded and made
 * canonical, written out again compressed, and what was written must read the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/rdata.h"
#include "lib/wire/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record with its RDATA expanded. */
struct record {
	struct hf_rr rr;
	uint8_t rdata[HF_RDATA_MAX];
};

struct source {
	const uint8_t *msg;
	size_t len;
	struct hf_cursor c;
	struct hf_walk w;
};

static void
must(bool true_whatever_comes_in)
{
	if (!true_whatever_comes_in)
		abort();
}

/* Stand before the first record. False when header or questions are malformed. */
static bool
source_open(struct source *s, const uint8_t *msg, size_t len)
{
	struct hf_header h;
	struct hf_question q;

	s->msg = msg;
	s->len = len;
	hf_cursor_init(&s->c, msg, len);
	hf_header_read(&s->c, &h);
	for (unsigned i = 0; i < h.qd_cnt && hf_cursor_ok(&s->c); i++)
		hf_question_read(&s->c, &q);
	hf_walk_init(&s->w, &s->c, &h);
	return hf_cursor_ok(&s->c);
}

/* The next record whose RDATA its type allows. */
static bool
source_next(struct source *s, struct record *r)
{
	while (hf_walk_next(&s->w, &r->rr)) {
		ssize_t n = hf_rdata_expand(s->msg, s->len, &r->rr, r->rdata, sizeof(r->rdata));

		must(n >= 0 || n == -EBADMSG || n == -ENOSPC);
		must(n == -ENOSPC ||
		    hf_rdata_check(s->msg, s->len, &r->rr) == (n < 0 ? -EBADMSG : 0));
		if (n < 0)
			continue;
		must(n <= HF_RDATA_MAX);
		r->rr.rdata_len = (uint16_t)n;
		return true;
	}
	return false;
}

/* Expanded RDATA has a canonical form, of the same length, that is its own. */
static void
check_canonical(const struct record *r)
{
	static uint8_t once[HF_RDATA_MAX], twice[HF_RDATA_MAX];
	size_t len = r->rr.rdata_len;

	memcpy(once, r->rdata, len);
	must(hf_rdata_canonical(r->rr.type, once, len) == 0);
	memcpy(twice, once, len);
	must(hf_rdata_canonical(r->rr.type, twice, len) == 0);
	must(hf_rdata_cmp(once, len, twice, len) == 0);
}

/* Raw octets as RDATA of any type: refused, or good for canonicalisation; unchanged when
 * refused. */
static void
check_raw(uint16_t type, const uint8_t *data, size_t len)
{
	static uint8_t copy[HF_RDATA_MAX];

	memcpy(copy, data, len);
	if (hf_rdata_canonical(type, copy, len) != 0)
		must(memcmp(copy, data, len) == 0);
	hf_bitmap_has(data, len, type);
}

static unsigned
rewrite(struct source *s, struct hf_writer *w)
{
	static struct record r;
	unsigned cnt = 0;

	while (source_next(s, &r)) {
		struct hf_writer_mark m = hf_writer_mark(w);

		check_canonical(&r);
		hf_writer_rr(w, r.rr.section, &r.rr.owner, &r.rr, r.rdata);
		if (w->full) {
			hf_writer_rollback(w, &m);
			break;
		}
		cnt++;
	}
	return cnt;
}

static void
check_same(const struct record *a, const struct record *b)
{
	must(a->rr.type == b->rr.type && a->rr.klass == b->rr.klass && a->rr.ttl == b->rr.ttl);
	must(a->rr.section == b->rr.section);
	must(a->rr.owner.len == b->rr.owner.len);
	must(memcmp(a->rr.owner.octets, b->rr.owner.octets, a->rr.owner.len) == 0);
	must(hf_rdata_cmp(a->rdata, a->rr.rdata_len, b->rdata, b->rr.rdata_len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[HF_MSG_MAX];
	static struct record a, b;
	struct source in, again;
	struct hf_writer w;

	if (size < 2 || size > HF_MSG_MAX)
		return 0;
	check_raw((uint16_t)(data[0] << 8 | data[1]), data + 2, size - 2);
	/* The ID also says how small the buffer is that we write into. */
	size_t cap = data[0] & 0x80 ? sizeof(out) : (size_t)(data[0] << 8 | data[1]);

	if (!source_open(&in, data, size))
		return 0;
	hf_writer_init(&w, out, cap);
	unsigned cnt = rewrite(&in, &w);
	size_t len = hf_writer_finish(&w, 1, HF_FLAG_QR);

	must(len <= cap && (len > 0) == (cap >= HF_HEADER_LEN));
	if (len == 0)
		return 0;
	must(source_open(&in, data, size) && source_open(&again, out, len));
	for (unsigned i = 0; i < cnt; i++) {
		must(source_next(&in, &a) && source_next(&again, &b));
		check_same(&a, &b);
	}
	must(!hf_walk_next(&again.w, &b.rr) && hf_cursor_ok(&again.c));
	must(hf_cursor_left(&again.c) == 0);
	return 0;
}
