/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/match.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/rdata.h"

enum { RRSIG_COVERED_LEN = 2, TYPES_MAX = 65536 };

struct compare {
	const struct rpl_entry *e;
	const struct view *v;
	uint32_t slack_s;
	char *why;
};

static bool __attribute__((format(printf, 2, 3)))
differs(const struct compare *c, const char *fmt, ...)
{
	va_list ap;

	if (c->why == NULL)
		return false;
	va_start(ap, fmt);
	vsnprintf(c->why, RPL_WHY_LEN, fmt, ap);
	va_end(ap);
	return false;
}

/* --- texts --------------------------------------------------------------------------------- */

static size_t
append(char *out, size_t cap, size_t len, const char *text)
{
	int n = len < cap ? snprintf(out + len, cap - len, "%s", text) : 0;

	return len + (n > 0 ? (size_t)n : 0);
}

void
match_section_text(const struct rpl_rr *rr, unsigned cnt, char *out, size_t cap)
{
	char name[HF_NAME_TEXT_LEN], type[HF_TYPE_TEXT_LEN], ttl[24];
	size_t len = 0;

	if (cap == 0)
		return;
	out[0] = '\0';
	for (unsigned i = 0; i < cnt; i++) {
		len = append(out, cap, len, i > 0 ? ", " : "");
		len = append(out, cap, len, hf_name_to_text(&rr[i].owner, name));
		snprintf(ttl, sizeof(ttl), " %u ", rr[i].ttl);
		len = append(out, cap, len, ttl);
		len = append(out, cap, len, hf_type_to_text(rr[i].type, type));
	}
}

static const char *
flags_text(unsigned flags, char out[64])
{
	static const struct {
		unsigned bit;
		const char *text;
	} table[] = {{HF_FLAG_QR, "QR "}, {HF_FLAG_AA, "AA "}, {HF_FLAG_TC, "TC "},
	    {HF_FLAG_RD, "RD "}, {HF_FLAG_RA, "RA "}, {HF_FLAG_AD, "AD "}, {HF_FLAG_CD, "CD "}};
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((flags & table[i].bit) != 0)
			len = append(out, 64, len, table[i].text);
	return out;
}

/* --- header and question ------------------------------------------------------------------- */

static bool
header(const struct compare *c)
{
	const unsigned flag_mask = HF_FLAG_QR | HF_FLAG_AA | HF_FLAG_TC | HF_FLAG_RD | HF_FLAG_RA |
	    HF_FLAG_AD | HF_FLAG_CD;
	const struct rpl_entry *e = c->e;
	unsigned got = c->v->h.flags & flag_mask;
	unsigned opcode = (c->v->h.flags & HF_FLAG_OPCODE) >> HF_FLAG_OPCODE_SHIFT;
	char a[64], b[64];

	if ((e->match & RPL_MATCH_OPCODE) != 0 && opcode != e->opcode)
		return differs(c, "opcode: expected %u, got %u", e->opcode, opcode);
	if ((e->match & RPL_MATCH_RCODE) != 0 && c->v->rcode != e->rcode)
		return differs(c, "rcode: expected %s, got %s", hf_rcode_to_text(e->rcode),
		    hf_rcode_to_text(c->v->rcode));
	if ((e->match & RPL_MATCH_FLAGS) != 0 && got != e->flags)
		return differs(
		    c, "flags: expected %s, got %s", flags_text(e->flags, a), flags_text(got, b));
	return true;
}

static bool
names_fit(uint32_t match, const struct hf_name *want, const struct hf_name *got)
{
	if ((match & RPL_MATCH_QNAME) != 0 && !hf_name_equal(want, got))
		return false;
	if ((match & RPL_MATCH_QCASE) != 0 &&
	    (want->len != got->len || memcmp(want->octets, got->octets, want->len) != 0))
		return false;
	return (match & RPL_MATCH_SUBDOMAIN) == 0 || hf_name_in(got, want);
}

static bool
question(const struct compare *c)
{
	const uint32_t name_bits = RPL_MATCH_QNAME | RPL_MATCH_QCASE | RPL_MATCH_SUBDOMAIN;
	const struct rpl_entry *e = c->e;
	char want[HF_NAME_TEXT_LEN], got[HF_NAME_TEXT_LEN];
	char want_type[HF_TYPE_TEXT_LEN], got_type[HF_TYPE_TEXT_LEN];

	/* Without a question in the entry there is nothing to compare. */
	if (e->question_cnt == 0 || (e->match & (name_bits | RPL_MATCH_QTYPE)) == 0)
		return true;
	if (c->v->question_cnt == 0)
		return differs(c, "no question came");
	if (!names_fit(e->match, &e->question.name, &c->v->question.name))
		return differs(c, "question: expected %s, got %s",
		    hf_name_to_text(&e->question.name, want),
		    hf_name_to_text(&c->v->question.name, got));
	if ((e->match & RPL_MATCH_QTYPE) != 0 &&
	    (e->question.type != c->v->question.type || e->question.klass != c->v->question.klass))
		return differs(c, "question type: expected %s, got %s",
		    hf_type_to_text(e->question.type, want_type),
		    hf_type_to_text(c->v->question.type, got_type));
	return true;
}

/* --- sections ------------------------------------------------------------------------------ */

static bool
rdata_equal(const struct rpl_rr *a, const struct rpl_rr *b)
{
	static uint8_t x[HF_RDATA_MAX], y[HF_RDATA_MAX];

	if (a->len != b->len)
		return false;
	if (a->len == 0)
		return true;
	memcpy(x, a->rdata, a->len);
	memcpy(y, b->rdata, b->len);
	(void)hf_rdata_canonical(a->type, x, a->len);
	(void)hf_rdata_canonical(b->type, y, b->len);
	return memcmp(x, y, a->len) == 0;
}

static bool
ttl_fits(const struct compare *c, const struct rpl_rr *want, const struct rpl_rr *got)
{
	if ((c->e->match & RPL_MATCH_TTL) == 0 || !want->has_ttl)
		return true;
	return got->ttl <= want->ttl && got->ttl + c->slack_s >= want->ttl;
}

static bool
rr_equal(const struct rpl_rr *a, const struct rpl_rr *b)
{
	return a->type == b->type && a->klass == b->klass && hf_name_equal(&a->owner, &b->owner) &&
	    rdata_equal(a, b);
}

/* Each record that is expected uses up one that came: when the numbers are equal, none is
 * left over. */
static bool
section_equal(const struct compare *c, enum hf_section s, bool ttl)
{
	const struct rpl_section *want = &c->e->section[s];
	unsigned cnt = c->v->cnt[s];
	bool *used = calloc(cnt + 1u, sizeof(*used));
	unsigned found = 0;

	for (unsigned i = 0; used != NULL && i < want->cnt && found == i; i++) {
		for (unsigned k = 0; k < cnt && found == i; k++) {
			if (used[k] || !rr_equal(&want->rr[i], &c->v->rr[s][k]) ||
			    (ttl && !ttl_fits(c, &want->rr[i], &c->v->rr[s][k])))
				continue;
			used[k] = true;
			found++;
		}
	}
	bool ok = used != NULL && want->cnt == cnt && found == cnt;

	free(used);
	return ok;
}

static bool
section(const struct compare *c, enum hf_section s)
{
	static const char *const names[HF_SECTION_CNT] = {"answer", "authority", "additional"};
	const struct rpl_section *want = &c->e->section[s];
	char a[RPL_WHY_LEN / 2 - 64], b[RPL_WHY_LEN / 2 - 64];

	if (section_equal(c, s, true))
		return true;
	match_section_text(want->rr, want->cnt, a, sizeof(a));
	match_section_text(c->v->rr[s], c->v->cnt[s], b, sizeof(b));
	return differs(c, "%s%s: expected %u [%s], got %u [%s]", names[s],
	    section_equal(c, s, false) ? " TTL" : "", want->cnt, a, c->v->cnt[s], b);
}

static uint32_t
kind_of(const struct rpl_rr *rr, bool sigs)
{
	if (rr->type != HF_TYPE_RRSIG)
		return rr->type;
	if (!sigs || rr->len < RRSIG_COVERED_LEN)
		return 0;
	return TYPES_MAX + ((uint32_t)rr->rdata[0] << 8 | rr->rdata[1]);
}

static bool
all_kinds_in(
    const struct rpl_rr *a, unsigned a_cnt, const struct rpl_rr *b, unsigned b_cnt, bool sigs)
{
	for (unsigned i = 0; i < a_cnt; i++) {
		uint32_t kind = kind_of(&a[i], sigs);
		bool found = kind == 0;

		for (unsigned k = 0; k < b_cnt && !found; k++)
			found = kind_of(&b[k], sigs) == kind;
		if (!found)
			return false;
	}
	return true;
}

static bool
answer_types(const struct compare *c, bool sigs)
{
	const struct rpl_section *want = &c->e->section[HF_SECTION_ANSWER];
	const struct rpl_rr *got = c->v->rr[HF_SECTION_ANSWER];
	unsigned cnt = c->v->cnt[HF_SECTION_ANSWER];
	char text[RPL_WHY_LEN / 2];

	if (all_kinds_in(want->rr, want->cnt, got, cnt, sigs) &&
	    all_kinds_in(got, cnt, want->rr, want->cnt, sigs))
		return true;
	match_section_text(got, cnt, text, sizeof(text));
	return differs(c, "types in the answer: got [%s]", text);
}

static bool
sections(const struct compare *c)
{
	static const uint32_t bits[HF_SECTION_CNT] = {
	    RPL_MATCH_ANSWER, RPL_MATCH_AUTHORITY, RPL_MATCH_ADDITIONAL};

	for (int s = 0; s < HF_SECTION_CNT; s++)
		if ((c->e->match & bits[s]) != 0 && !section(c, (enum hf_section)s))
			return false;
	if ((c->e->match & RPL_MATCH_ANSWERTYPES) != 0 && !answer_types(c, false))
		return false;
	return (c->e->match & RPL_MATCH_ANSWERRRSIGS) == 0 || answer_types(c, true);
}

/* --- EDNS ---------------------------------------------------------------------------------- */

/* The n-th EDE code, or HF_EDE_NONE. */
static uint16_t
ede_at(const struct view *v, unsigned n)
{
	struct hf_option opt;
	uint32_t off = v->edns.options_off;

	while (v->edns.present && hf_option_next(v->msg, &v->edns, &off, &opt))
		if (opt.code == HF_OPTION_EDE && opt.len >= 2 && n-- == 0)
			return (uint16_t)(opt.data[0] << 8 | opt.data[1]);
	return HF_EDE_NONE;
}

static bool
ede(const struct compare *c)
{
	uint16_t first = ede_at(c->v, 0);

	if ((c->e->match & RPL_MATCH_EDE_ANY) != 0 && first == HF_EDE_NONE)
		return differs(c, "EDE: expected any, got none");
	if ((c->e->match & RPL_MATCH_EDE) == 0)
		return true;
	for (unsigned i = 0; ede_at(c->v, i) != HF_EDE_NONE; i++)
		if (ede_at(c->v, i) == c->e->ede)
			return true;
	if (first == HF_EDE_NONE)
		return differs(c, "EDE: expected %u, got none", c->e->ede);
	return differs(c, "EDE: expected %u, got %u", c->e->ede, first);
}

static bool
options_equal(const struct compare *c)
{
	const struct rpl_blob *want = &c->e->edns_data;
	const struct hf_edns *got = &c->v->edns;

	if (got->options_len == want->len &&
	    (want->len == 0 || memcmp(c->v->msg + got->options_off, want->data, want->len) == 0))
		return true;
	return differs(c, "EDNS options: expected %zu octets, got others", want->len);
}

/* The NSID option is there exactly if the entry has one, and is the same (RFC 5001). */
static bool
nsid(const struct compare *c)
{
	struct hf_option opt;
	uint32_t off = c->v->edns.options_off;
	const struct rpl_blob *want = &c->e->edns_data;

	while (c->v->edns.present && hf_option_next(c->v->msg, &c->v->edns, &off, &opt)) {
		if (opt.code != HF_OPTION_NSID)
			continue;
		if (want->len == 4u + opt.len && memcmp(want->data + 4, opt.data, opt.len) == 0)
			return true;
		return differs(c, "NSID of %u octets is not the one expected", opt.len);
	}
	return want->len == 0 || differs(c, "NSID: expected, got none");
}

static bool
edns(const struct compare *c)
{
	uint32_t m = c->e->match;
	const struct hf_edns *got = &c->v->edns;

	if ((m & RPL_MATCH_UDP) != 0 && c->v->tcp)
		return differs(c, "transport: expected UDP");
	if ((m & RPL_MATCH_TCP) != 0 && !c->v->tcp)
		return differs(c, "transport: expected TCP");
	if ((m & RPL_MATCH_DO) != 0 && !(got->present && got->dnssec_ok))
		return differs(c, "DO is not set");
	if ((m & RPL_MATCH_NOEDNS) != 0 && got->present)
		return differs(c, "EDNS is there");
	if ((m & RPL_MATCH_EDNS) != 0 && !(got->present && got->version == 0))
		return differs(c, "EDNS version 0 is not there");
	if ((m & RPL_MATCH_EDNSDATA) != 0 && !options_equal(c))
		return false;
	if ((m & RPL_MATCH_NSID) != 0 && !nsid(c))
		return false;
	return ede(c);
}

bool
match_entry(const struct rpl_entry *e, const struct view *v, uint32_t ttl_slack_s, char *why)
{
	struct compare c = {e, v, ttl_slack_s, why};

	return header(&c) && question(&c) && sections(&c) && edns(&c);
}
