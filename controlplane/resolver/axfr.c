/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/axfr.h"

enum { SOA_CNT = 2 }; /* it stands first and last (RFC 5936 2.2) */

void
cp_axfr_init(struct cp_axfr *x, struct cp_rootcopy *copy)
{
	x->copy = copy;
	x->soa_cnt = 0;
}

bool
cp_axfr_is_whole(const struct cp_axfr *x)
{
	return x->soa_cnt == SOA_CNT;
}

static const char *
record_take(struct cp_axfr *x, const uint8_t *msg, size_t len, const struct hf_rr *rr)
{
	ssize_t n = hf_rdata_expand(msg, len, rr, x->rdata, sizeof(x->rdata));
	struct cp_root_record one = {&rr->owner, rr->type, rr->ttl, x->rdata, (size_t)n};

	if (n < 0 || rr->klass != HF_CLASS_IN)
		return "a malformed record";
	if (x->soa_cnt == 0 && rr->type != HF_TYPE_SOA)
		return "no SOA first";
	if (cp_axfr_is_whole(x))
		return "records behind the last SOA";
	x->soa_cnt += rr->type == HF_TYPE_SOA;
	if (cp_axfr_is_whole(x))
		return NULL;
	return cp_rootcopy_add(x->copy, &one) == 0 ? NULL : "too many records";
}

const char *
cp_axfr_take(struct cp_axfr *x, const uint8_t *msg, size_t len)
{
	const char *wrong = NULL;
	struct hf_question q;
	struct hf_header h;
	struct hf_cursor c;
	struct hf_walk w;
	struct hf_rr rr;

	hf_cursor_init(&c, msg, len);
	hf_header_read(&c, &h);
	if (!hf_cursor_ok(&c) || (h.flags & HF_FLAG_QR) == 0 || (h.flags & HF_FLAG_RCODE) != 0 ||
	    h.qd_cnt > 1 || h.an_cnt == 0)
		return "not allowed, or not served there";
	if (h.qd_cnt == 1)
		hf_question_read(&c, &q);
	hf_walk_init(&w, &c, &h);
	while (wrong == NULL && hf_walk_next(&w, &rr))
		if (rr.section == HF_SECTION_ANSWER)
			wrong = record_take(x, msg, len, &rr);
	return wrong == NULL && !hf_cursor_ok(&c) ? "a malformed message" : wrong;
}
