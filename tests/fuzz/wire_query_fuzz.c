/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of hf_query_parse and hf_usual_query: the tight paths against the general reader. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/usual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_whatever_comes_in)
{
	if (!true_whatever_comes_in)
		abort();
}

/* What the general reader makes of the records: the result that a query deserves. */
static enum hf_parse
slow_records(
    const uint8_t *msg, struct hf_cursor *c, const struct hf_header *h, struct hf_edns *edns)
{
	struct hf_walk w;
	struct hf_rr rr;

	hf_walk_init(&w, c, h);
	while (hf_walk_next(&w, &rr)) {
		if (rr.type != HF_TYPE_OPT)
			continue;
		if (edns->present || rr.section != HF_SECTION_ADDITIONAL || msg[rr.off] != 0)
			return HF_PARSE_OPT;
		if (!hf_edns_from_rr(msg, &rr, edns))
			return HF_PARSE_RR;
	}
	if (!hf_cursor_ok(c))
		return HF_PARSE_RR;
	return hf_cursor_left(c) == 0 ? HF_PARSE_OK : HF_PARSE_TRAILING;
}

static enum hf_parse
slow_parse(const uint8_t *msg, size_t len, struct hf_edns *edns)
{
	struct hf_cursor c;
	struct hf_header h;
	struct hf_name name;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	if (!hf_cursor_ok(&c))
		return HF_PARSE_SHORT;
	hf_name_read_plain(&c, &name);
	hf_cursor_u32(&c);
	if (h.qd_cnt != 1 || !hf_cursor_ok(&c))
		return HF_PARSE_QUESTION;
	return slow_records(msg, &c, &h, edns);
}

static void
check_options(const uint8_t *msg, const struct hf_edns *edns)
{
	struct hf_option opt;
	uint32_t off = edns->options_off, seen = 0;

	while (hf_option_next(msg, edns, &off, &opt))
		seen += 4u + opt.len;
	must(seen == edns->options_len);
}

static void
check_usual(const uint8_t *data, size_t size, enum hf_parse r, const struct hf_query *q)
{
	struct hf_query u;
	unsigned name_len;

	memset(&u, 0x5a, sizeof(u));
	name_len = hf_usual_query(data, size, &u);
	bool usual = r == HF_PARSE_OK && q->h.an_cnt + q->h.ns_cnt == 0 &&
	    q->h.ar_cnt == q->edns.present &&
	    (data[q->question_end - 2] != 0 || data[q->question_end - 1] != HF_CLASS_ANY);

	must(usual == (name_len != 0));
	if (!usual)
		return;
	must(name_len == q->question.name.len && u.question_end == q->question_end);
	must(u.question.type == q->question.type && u.question.klass == q->question.klass);
	must(u.h.id == q->h.id && u.h.flags == q->h.flags && u.h.ar_cnt == q->h.ar_cnt);
	must(u.edns.present == q->edns.present && u.edns.version == q->edns.version);
	must(u.edns.ext_rcode == q->edns.ext_rcode && u.edns.dnssec_ok == q->edns.dnssec_ok);
	must(u.edns.udp_len == q->edns.udp_len && u.edns.options_off == q->edns.options_off);
	must(u.edns.options_len == q->edns.options_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_query q;
	struct hf_edns edns = {0};

	memset(&q, 0xa5, sizeof(q));
	enum hf_parse r = hf_query_parse(data, size, &q);

	must(r == slow_parse(data, size, &edns));
	must(q.edns.present == edns.present);
	must(q.question.name.len == 0 ? q.question_end == 0
				      : q.question_end == 12u + q.question.name.len + 4u);
	must(q.question_end <= size);
	if (edns.present) {
		must(q.edns.options_off == edns.options_off);
		must(q.edns.options_len == edns.options_len);
		must(q.edns.udp_len == edns.udp_len && q.edns.dnssec_ok == edns.dnssec_ok);
		check_options(data, &q.edns);
	}
	check_usual(data, size, r, &q);
	return 0;
}
