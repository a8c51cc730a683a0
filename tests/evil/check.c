/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/check.h"

#include <string.h>

#include "lib/wire/rdata.h"

struct reading {
	const struct hf_siphash_key *key;
	const uint8_t *msg;
	size_t len;
	struct hf_name at; /* the link of the chain that is next */
	uint16_t type;
	unsigned data_cnt;
	bool seen[EVIL_RR_MAX];
	struct hf_name moved; /* where the DNAME just read leads; len 0: none */
	const char *why;
};

static bool
wrong(struct reading *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return false;
}

static bool
target_is(const uint8_t *rdata, ssize_t len, const struct hf_name *want)
{
	struct hf_name got;

	return len > 0 && hf_name_from_octets(rdata, (size_t)len, &got) == 0 &&
	    hf_name_equal(&got, want);
}

static bool
read_dname(struct reading *r, const struct hf_rr *rr, const uint8_t *rdata, ssize_t len)
{
	struct hf_name owner, target;

	if (!evil_dname(&r->at, &owner, &target) || !hf_name_equal(&owner, &rr->owner) ||
	    !target_is(rdata, len, &target))
		return wrong(r, "a DNAME that is not there");
	if (hf_name_replace_suffix(&r->at, &owner, &target, &r->moved) != 0)
		return wrong(r, "a DNAME that makes the name too long");
	return true;
}

static bool
read_cname(struct reading *r, const struct hf_rr *rr, const uint8_t *rdata, ssize_t len)
{
	struct evil_words w;
	struct hf_name want = r->moved;

	if (!hf_name_equal(&rr->owner, &r->at))
		return wrong(r, "a CNAME of another name");
	evil_words_read(&r->at, &w);
	if (want.len == 0) {
		if (evil_what_is(&r->at, r->type, &w) != EVIL_WHAT_ALIAS)
			return wrong(r, "a CNAME where there is none");
		evil_alias(r->key, &r->at, &w, &want);
	}
	if (!target_is(rdata, len, &want))
		return wrong(r, "a CNAME that leads elsewhere");
	r->at = want;
	r->moved.len = 0;
	hf_name_lower(&r->at);
	return true;
}

static bool
read_data(struct reading *r, const struct hf_rr *rr, const uint8_t *rdata, ssize_t len)
{
	struct evil_words w;
	uint8_t want[EVIL_RDATA_MAX];

	if (!hf_name_equal(&rr->owner, &r->at))
		return wrong(r, "a record of another name");
	evil_words_read(&r->at, &w);
	if (evil_what_is(&r->at, r->type, &w) != EVIL_WHAT_DATA)
		return wrong(r, "a record where there is none");
	for (unsigned i = 0; i < evil_rr_cnt(r->type, &w); i++) {
		size_t want_len = evil_rdata(r->key, &r->at, r->type, &w, i, want);

		if ((size_t)len != want_len || memcmp(rdata, want, want_len) != 0)
			continue;
		if (r->seen[i])
			return wrong(r, "a record twice");
		r->seen[i] = true;
		r->data_cnt++;
		return true;
	}
	return wrong(r, "data of another name");
}

static bool
read_record(struct reading *r, const struct hf_rr *rr)
{
	uint8_t rdata[HF_NAME_MAX + EVIL_RDATA_MAX];
	struct evil_words w;
	ssize_t len = hf_rdata_expand(r->msg, r->len, rr, rdata, sizeof(rdata));

	evil_words_read(&r->at, &w);
	if (len < 0 || rr->klass != HF_CLASS_IN)
		return wrong(r, "a malformed record");
	if (rr->ttl > (w.have[EVIL_ttl] ? w.arg[EVIL_ttl] : EVIL_TTL_S))
		return wrong(r, "a TTL longer than the zone's");
	if (rr->type == HF_TYPE_DNAME && r->data_cnt == 0)
		return read_dname(r, rr, rdata, len);
	if (rr->type == HF_TYPE_CNAME && r->data_cnt == 0)
		return read_cname(r, rr, rdata, len);
	if (rr->type == r->type)
		return read_data(r, rr, rdata, len);
	return wrong(r, "a record of another type");
}

static bool
ends_right(struct reading *r, unsigned rcode)
{
	struct evil_words w;

	evil_words_read(&r->at, &w);
	switch (evil_what_is(&r->at, r->type, &w)) {
	case EVIL_WHAT_DATA:
		if (rcode != HF_RCODE_NOERROR || r->data_cnt != evil_rr_cnt(r->type, &w))
			return wrong(r, "records are missing");
		return true;
	case EVIL_WHAT_NODATA:
		return rcode == HF_RCODE_NOERROR || wrong(r, "not NODATA");
	case EVIL_WHAT_NX:
		return rcode == HF_RCODE_NXDOMAIN || wrong(r, "not NXDOMAIN");
	default:
		return wrong(r, "the chain breaks off");
	}
}

static bool
reads_right(struct reading *r, struct hf_cursor *c, const struct hf_header *h)
{
	struct hf_walk walk;
	struct hf_rr rr;

	hf_walk_init(&walk, c, h);
	while (hf_walk_next(&walk, &rr))
		if (rr.section == HF_SECTION_ANSWER && !read_record(r, &rr))
			return false;
	if (!hf_cursor_ok(c))
		return wrong(r, "a malformed reply");
	return ends_right(r, h->flags & HF_FLAG_RCODE);
}

static enum evil_check
check(const struct hf_siphash_key *key, const struct hf_name *name, uint16_t type,
    const uint8_t *msg, size_t len, const char **why)
{
	struct reading r = {.key = key, .msg = msg, .len = len, .at = *name, .type = type};
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question q;

	r.moved.len = 0;
	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	hf_question_read(&c, &q);
	if ((h.flags & HF_FLAG_TC) != 0)
		return EVIL_CUT;
	switch (h.flags & HF_FLAG_RCODE) {
	case HF_RCODE_NOERROR:
	case HF_RCODE_NXDOMAIN:
		if (reads_right(&r, &c, &h))
			return EVIL_RIGHT;
		*why = r.why;
		return EVIL_WRONG;
	case HF_RCODE_SERVFAIL:
		return EVIL_FAILED;
	case HF_RCODE_REFUSED:
		return EVIL_REFUSED;
	default:
		*why = "an RCODE that nobody gave";
		return EVIL_WRONG;
	}
}

enum evil_check
evil_check_reply(const struct hf_siphash_key *key, const struct hf_name *name, uint16_t type,
    const uint8_t *msg, size_t len, const char **why)
{
	struct hf_cursor c;
	struct hf_header h;
	struct hf_question q;
	enum evil_check got;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	hf_question_read(&c, &q);
	if (!hf_cursor_ok(&c) || (h.flags & HF_FLAG_QR) == 0 || h.qd_cnt != 1 ||
	    q.klass != HF_CLASS_IN) {
		*why = "no reply to a question";
		return EVIL_WRONG;
	}
	hf_name_lower(&q.name);
	if (q.type == type && hf_name_equal(&q.name, name))
		return check(key, name, type, msg, len, why);
	got = check(key, &q.name, q.type, msg, len, why);
	return got == EVIL_WRONG ? EVIL_WRONG : EVIL_STRAY;
}
