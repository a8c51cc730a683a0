/* SPDX-License-Identifier: BSD-3-Clause */
/* Random NSEC and NSEC3 records against random questions: the answers never contradict one
 * another, and hashing stays within its budget. */
#include "tests/unit/support/va_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct va_chain ch;

/* A name below example. out of two octets: labels that meet each other often. */
static struct hf_name
take_name(struct hf_cursor *c)
{
	static const char *const labels[] = {"a", "b", "c", "*"};
	unsigned v = hf_cursor_u16(c);
	char text[64] = "";

	for (unsigned n = v % 4; n > 0; n--) {
		v >>= 2;
		strcat(text, labels[v % 4]);
		strcat(text, ".");
	}
	strcat(text, "example.");
	return va_name(text);
}

static const char *
take_types(struct hf_cursor *c)
{
	static const char *const types[] = {"", "A RRSIG NSEC", "NS", "NS DS RRSIG", "NS SOA RRSIG",
	    "CNAME RRSIG", "DNAME RRSIG", "RRSIG NSEC TYPE128"};

	return types[hf_cursor_u8(c) % 8];
}

/* RDATA as it comes. */
static void
take_raw(struct hf_cursor *c, uint16_t type)
{
	struct hf_name owner = take_name(c);
	uint32_t len = hf_cursor_u8(c);

	if (len > hf_cursor_left(c))
		len = hf_cursor_left(c);
	if (len > 0)
		memcpy(ch.octets[ch.cnt], hf_cursor_bytes(c, len), len);
	va_chain_add(&ch, &owner, type, len);
}

static void
take_proof(struct hf_cursor *c)
{
	struct va_nsec3_params p = {1, 0, 0, 0, {0}};
	uint8_t owner_hash[20], next_hash[20], kind = hf_cursor_u8(c);
	struct hf_name owner, next;

	switch (kind % 4) {
	case 0:
		take_raw(c, HF_TYPE_NSEC);
		break;
	case 1:
		take_raw(c, HF_TYPE_NSEC3);
		break;
	case 2:
		owner = take_name(c);
		next = take_name(c);
		va_chain_nsec(&ch, &owner, &next, take_types(c));
		break;
	default:
		p.flags = kind >> 2 & 1;
		p.iterations = kind >> 3 & 3;
		owner = take_name(c);
		next = take_name(c);
		va_chain_hash(&owner, &p, owner_hash);
		va_chain_hash(&next, &p, next_hash);
		va_chain_nsec3(&ch, &p, owner_hash, next_hash, take_types(c));
	}
}

static void
check(const struct va_result *r, const struct va_budget *budget)
{
	VA_REQUIRE(r->verdict <= HF_VERDICT_BOGUS);
	VA_REQUIRE((unsigned)r->reason < VA_REASON_CNT && r->reason != VA_INTERNAL);
	VA_REQUIRE((r->verdict == HF_VERDICT_SECURE) <= (r->reason == VA_OK));
	VA_REQUIRE((r->verdict == HF_VERDICT_BOGUS) <= (r->reason != VA_OK));
	VA_REQUIRE(budget->sha1_blocks <= VA_SHA1_BLOCKS);
}

static bool
has_match(const struct hf_name *qname)
{
	for (uint16_t i = 0; i < ch.cnt; i++)
		if (ch.set[i].type == HF_TYPE_NSEC && hf_name_equal(&ch.set[i].owner, qname))
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct va_budget budget = va_budget_whole();
	struct va_result type, name, cut;
	struct hf_cursor c;

	hf_cursor_init(&c, data, size);
	va_chain_init(&ch, "example.");
	struct hf_name qname = take_name(&c);
	uint16_t qtype = hf_cursor_u8(&c);
	while (hf_cursor_left(&c) > 0 && ch.cnt < VA_CHAIN_MAX)
		take_proof(&c);

	va_deny_type(&ch.proofs, &qname, qtype, &budget, &type);
	check(&type, &budget);
	va_deny_name(&ch.proofs, &qname, &budget, &name);
	check(&name, &budget);
	for (uint8_t labels = 0; labels < 5; labels++) {
		va_deny_closer(&ch.proofs, &qname, labels, &budget, &cut);
		check(&cut, &budget);
	}
	enum va_cut found = va_deny_ds(&ch.proofs, &qname, &budget, &cut);
	check(&cut, &budget);
	VA_REQUIRE((found == VA_CUT_UNPROVEN) == (cut.verdict == HF_VERDICT_BOGUS));
	/* Who says that the apex is not there lies. */
	if (hf_name_equal(&qname, &ch.zone) && !has_match(&qname))
		VA_REQUIRE(name.verdict != HF_VERDICT_SECURE);
	return 0;
}
