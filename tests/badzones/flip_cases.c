/* SPDX-License-Identifier: BSD-3-Clause */
/* Any single bit, anywhere in the chain from the anchor to the answer. */
#include "tests/badzones/bz.h"

enum { SAMPLES = 160, STRIDE = 7919 };

static const struct {
	const char *name;
	uint16_t type, link; /* the question, and the type of the RRset with the flipped bit */
} links[] = {
    {"www", HF_TYPE_A, HF_TYPE_A},
    {"www", HF_TYPE_A, HF_TYPE_DNSKEY},
    {"www", HF_TYPE_A, HF_TYPE_DS},
    {"nx", HF_TYPE_A, HF_TYPE_SOA},
    {"www", HF_TYPE_MX, HF_TYPE_NSEC},
    {"child", HF_TYPE_DS, HF_TYPE_DS},
    {"www.moved", HF_TYPE_A, HF_TYPE_DNAME},
    {"mx", HF_TYPE_MX, HF_TYPE_MX},
};
enum { LINKS = sizeof(links) / sizeof(links[0]) };

/* Case in the signer's name is not signed (RFC 4034 3.1.8.1), nor in names in some RDATA. */
static bool
is_case(const struct va_box *b, unsigned bit)
{
	const struct hf_rdata *sig = &b->sig[b->set.sig_cnt - 1];
	size_t at = bit / 8, from = (size_t)(sig->data - b->mem);
	bool name =
	    b->set.type == HF_TYPE_SOA || b->set.type == HF_TYPE_DNAME || b->set.type == HF_TYPE_MX;

	return bit % 8 == 5 &&
	    ((at < from && name) || (at >= from + 18 && at < from + sig->len - 64));
}

/* a: which link; b: which of its bits, counted around. In one zone of the chain, by turns. */
static bool
flip_a_bit(struct fn_signing *s)
{
	static const char *const questioned[] = {"www", "nx", "child", "mx", "moved", "@"};
	uint16_t type = links[bz.c->a].link;
	bool ours = false;

	if (type == HF_TYPE_NSEC && s->b->set.type == HF_TYPE_NSEC3)
		type = HF_TYPE_NSEC3;
	if (s->b->set.type != type)
		return false;
	/* Of DNSKEY and DS all zones of the chain, else what the question is about. */
	for (size_t i = 0; i < sizeof(questioned) / sizeof(questioned[0]); i++)
		ours |= bz_is(s->b, questioned[i], type);
	if (type != HF_TYPE_DNSKEY && type != HF_TYPE_DS && type != HF_TYPE_NSEC3 && !ours)
		return false;
	if (type == HF_TYPE_DNSKEY && bz.c->b % 2 == 0 && s->z != bz.zone)
		return false;
	qsort(s->b->rr, s->b->set.rr_cnt, sizeof(s->b->rr[0]), bz_rdata_order);
	bz_sign(s, s->key);
	unsigned bit = (unsigned)bz.c->b * STRIDE % (unsigned)(s->b->used * 8);

	bit += is_case(s->b, bit);
	s->b->mem[bit / 8] ^= (uint8_t)(1u << bit % 8);
	return true;
}

void
no_flipped_bit_in_the_chain_is_secure(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct bz_case c = {.spec = bz_spec(i),
		    .name = links[i % LINKS].name,
		    .type = links[i % LINKS].type,
		    .sign = flip_a_bit,
		    .a = (int)(i % LINKS),
		    .b = (int)(i / LINKS)};

		bz_build(&c, true);
		bz_ask_bad(c.name, c.type, i % 2 == 0 ? HF_VARIANT_DO : HF_VARIANT_CD);
		if (bz.hits == 0)
			bz_fail("no bit was flipped");
		bz_look_inside();
		bz_end();
		bz.cnt++;
	}
	bz_done(__func__);
}
