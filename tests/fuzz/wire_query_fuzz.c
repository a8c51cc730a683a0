/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of hf_query_parse: the tight path against the general reader. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_whatever_comes_in)
{
	if (!true_whatever_comes_in)
		abort();
}

/* What the general reader makes of the records: the result that a query deserves. */
static enum hf_parse
slow_records(const uint8_t *msg, struct hf_cursor *c, const struct hf_header *h,
    struct hf_edns *edns)
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
	return 0;
}
