/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/rotate.h"

#include <string.h>

#include "lib/wire/message.h"

enum { A_LEN = 4, AAAA_LEN = 16 };

/* Records of one RRset, equally long, one behind the other. */
struct run {
	uint8_t *first; /* its RDATA */
	const uint8_t *owner;
	size_t owner_len, rdata_len, stride;
	unsigned cnt;
	uint16_t type;
};

static bool
is_address(const struct hf_rr *rr, size_t owner_len)
{
	if (owner_len % 2 != 0) /* the sum would not stay */
		return false;
	return (rr->type == HF_TYPE_A && rr->rdata_len == A_LEN) ||
	    (rr->type == HF_TYPE_AAAA && rr->rdata_len == AAAA_LEN);
}

static bool
belongs(const struct run *r, const struct hf_rr *rr, const uint8_t *owner, size_t owner_len)
{
	return r->cnt > 0 && rr->type == r->type && owner_len == r->owner_len &&
	    memcmp(owner, r->owner, owner_len) == 0;
}

/* The first two or more addresses in a row. */
static struct run
run_find(uint8_t *msg, size_t len)
{
	struct run r = {0};
	struct hf_question q;
	struct hf_header h;
	struct hf_cursor c;
	struct hf_rr rr;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	if (h.qd_cnt != 1 || h.an_cnt < 2)
		return r;
	hf_question_read(&c, &q);
	for (unsigned i = 0; i < h.an_cnt && r.cnt < HF_ROTATE_MAX; i++) {
		uint32_t off = c.off;

		hf_rr_read(&c, &rr);
		if (!hf_cursor_ok(&c))
			return (struct run){0};
		size_t owner_len = rr.ttl_off - 4 - off;
		if (is_address(&rr, owner_len) && belongs(&r, &rr, msg + off, owner_len)) {
			r.cnt++;
			continue;
		}
		if (r.cnt >= 2)
			break;
		r = (struct run){0};
		if (is_address(&rr, owner_len))
			r = (struct run){.first = msg + rr.rdata_off,
			    .owner = msg + off,
			    .owner_len = owner_len,
			    .rdata_len = rr.rdata_len,
			    .stride = c.off - off,
			    .cnt = 1,
			    .type = rr.type};
	}
	return r;
}

void
hf_rotate(uint8_t *msg, size_t len, uint32_t turn)
{
	uint8_t was[HF_ROTATE_MAX][AAAA_LEN];
	struct run r = run_find(msg, len);

	if (r.cnt < 2)
		return;
	for (unsigned i = 0; i < r.cnt; i++)
		memcpy(was[i], r.first + i * r.stride, r.rdata_len);
	for (unsigned i = 0; i < r.cnt; i++)
		memcpy(r.first + i * r.stride, was[(i + turn) % r.cnt], r.rdata_len);
}
