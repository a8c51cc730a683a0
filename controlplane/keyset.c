/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/keyset.h"

#include <stdlib.h>

#include "lib/wire/message.h"
#include "lib/wire/rdata.h"
#include "validator/signature.h"

struct cp_keyset {
	struct hf_rrset set;
	struct hf_rdata rr[VA_RRS_MAX], sig[VA_RRS_MAX];
	size_t used;
	uint8_t mem[HF_MSG_MAX];
	uint8_t msg[HF_MSG_MAX]; /* the answer, whole again */
};

static bool
covers_keys(const struct hf_rdata *rd)
{
	struct va_sig sig;

	return va_sig_parse(rd, &sig) && sig.type_covered == HF_TYPE_DNSKEY;
}

/* False: it does not fit. */
static bool
keep(struct cp_keyset *s, size_t msg_len, const struct hf_rr *rr)
{
	uint8_t *at = s->mem + s->used;
	ssize_t len = hf_rdata_expand(s->msg, msg_len, rr, at, sizeof(s->mem) - s->used);
	struct hf_rdata rd = {at, len > 0 ? (uint16_t)len : 0};

	if (len < 0)
		return false;
	if (rr->type == HF_TYPE_DNSKEY && s->set.rr_cnt < VA_RRS_MAX)
		s->rr[s->set.rr_cnt++] = rd;
	else if (rr->type == HF_TYPE_RRSIG && s->set.sig_cnt < VA_RRS_MAX && covers_keys(&rd))
		s->sig[s->set.sig_cnt++] = rd;
	else
		return rr->type == HF_TYPE_RRSIG;
	s->used += (size_t)len;
	s->set.ttl = rr->ttl;
	return true;
}

static bool
read_all(struct cp_keyset *s, const struct cp_answer *a)
{
	struct hf_cursor c;
	struct hf_walk walk;
	struct hf_rr rr;
	size_t len = cp_answer_walk(a, s->msg, &c, &walk);
	bool good = true;

	while (good && hf_walk_next(&walk, &rr))
		if (rr.section == HF_SECTION_ANSWER &&
		    hf_name_equal(&rr.owner, &a->question.name) && rr.klass == HF_CLASS_IN &&
		    (rr.type == HF_TYPE_DNSKEY || rr.type == HF_TYPE_RRSIG))
			good = keep(s, len, &rr);
	return good && hf_cursor_ok(&c) && s->set.rr_cnt > 0;
}

struct cp_keyset *
cp_keyset_read(const struct cp_answer *a)
{
	struct cp_keyset *s = a->truncated ? NULL : malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	s->set = (struct hf_rrset){.owner = a->question.name,
	    .type = HF_TYPE_DNSKEY,
	    .klass = HF_CLASS_IN,
	    .rr = s->rr,
	    .sig = s->sig};
	s->used = 0;
	if (!read_all(s, a)) {
		free(s);
		return NULL;
	}
	return s;
}

void
cp_keyset_free(struct cp_keyset *s)
{
	free(s);
}

const struct hf_rrset *
cp_keyset_rrset(const struct cp_keyset *s)
{
	return &s->set;
}
