/* SPDX-License-Identifier: BSD-3-Clause */
/* Random RRsets, signatures, keys and DS records: nothing that was not signed here may come out
 * secure, and the budget bounds the work. */
#include "tests/unit/support/va_signer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1500000 };

static struct va_signer signer;
static struct va_box set, keys, ds;

static uint8_t
take(struct hf_cursor *c)
{
	return hf_cursor_u8(c);
}

/* A record of up to 255 octets out of the input. */
static void
take_record(struct hf_cursor *c, struct va_box *b, bool is_sig)
{
	uint32_t len = take(c);

	if (len > hf_cursor_left(c))
		len = hf_cursor_left(c);
	const uint8_t *octets = hf_cursor_bytes(c, len);
	if (octets == NULL || b->set.rr_cnt >= VA_BOX_RRS || b->set.sig_cnt >= VA_BOX_RRS)
		return;
	if (is_sig)
		va_box_add_sig(b, octets, len);
	else
		va_box_add(b, octets, len);
}

/* An RRSIG that is right in all but its signature, so that the crypto is reached. */
static void
take_forged(struct hf_cursor *c, struct va_box *b)
{
	static const uint8_t name[] = "\x07"
				      "example";
	uint8_t rdata[18 + sizeof(name) + 255], sig_len = take(c);
	size_t len = 0;

	if (b->set.sig_cnt >= VA_BOX_RRS)
		return;
	len = va_put_int(rdata, len, b->set.type, 2);
	len = va_put_int(rdata, len, signer.algorithm, 1);
	len = va_put_int(rdata, len, take(c) % 4, 1);
	len = va_put_int(rdata, len, 3600, 4);
	len = va_put_int(rdata, len, NOW + 1000, 4);
	len = va_put_int(rdata, len, NOW - 1000, 4);
	len = va_put_int(rdata, len, va_signer_tag(&signer), 2);
	len = va_put(rdata, len, name, sizeof(name));
	if (sig_len > hf_cursor_left(c))
		sig_len = (uint8_t)hf_cursor_left(c);
	if (sig_len > 0)
		len = va_put(rdata, len, hf_cursor_bytes(c, sig_len), sig_len);
	va_box_add_sig(b, rdata, len);
}

static void
fill(struct hf_cursor *c)
{
	static const uint16_t types[] = {HF_TYPE_A, HF_TYPE_MX, HF_TYPE_SOA, HF_TYPE_NSEC,
	    HF_TYPE_NSEC3, HF_TYPE_DS, HF_TYPE_DNSKEY, HF_TYPE_RRSIG, HF_TYPE_ANY, 65280};
	static const char *const owners[] = {
	    "www.example.", "*.example.", "example.", "a.b.example.", "other."};

	va_box_init(&set, owners[take(c) % 5], types[take(c) % 10], 3600);
	va_box_init(&keys, "example.", HF_TYPE_DNSKEY, 3600);
	va_box_init(&ds, "example.", take(c) % 2 == 0 ? HF_TYPE_DS : HF_TYPE_DNSKEY, 3600);
	va_box_add(&keys, signer.dnskey, signer.dnskey_len);
	while (hf_cursor_left(c) > 0) {
		switch (take(c) % 7) {
		case 0:
			take_record(c, &set, false);
			break;
		case 1:
			take_record(c, &set, true);
			break;
		case 2:
			take_forged(c, &set);
			break;
		case 3:
			take_record(c, &keys, false);
			break;
		case 4:
			take_record(c, &keys, true);
			break;
		case 5:
			take_forged(c, &keys);
			break;
		default:
			take_record(c, &ds, false);
		}
	}
}

static void
check(const struct va_result *r, const struct va_budget *budget)
{
	char text[200];

	VA_REQUIRE((unsigned)r->reason < VA_REASON_CNT);
	VA_REQUIRE(r->verdict == HF_VERDICT_BOGUS || r->verdict == HF_VERDICT_INSECURE);
	VA_REQUIRE(r->reason != VA_OK && r->reason != VA_INTERNAL);
	VA_REQUIRE(budget->sig_checks <= VA_SIG_CHECKS);
	VA_REQUIRE(VA_SIG_CHECKS - budget->sig_checks <= VA_SIG_CHECKS_RRSET);
	VA_REQUIRE(va_result_to_text(r, NULL, text, sizeof(text)) < sizeof(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hf_name zone = va_name("example.");
	struct va_budget budget;
	struct va_result r;
	struct hf_cursor c;

	if (signer.pkey == NULL)
		va_signer_init(&signer, HF_ALG_ED25519, HF_DNSKEY_ZONE);
	if (size > 8192)
		return 0;
	hf_cursor_init(&c, data, size);
	fill(&c);
	budget = va_budget_whole();
	va_rrset_verify(&set.set, &zone, &keys.set, NOW, &budget, &r);
	check(&r, &budget);
	VA_REQUIRE(r.verdict == HF_VERDICT_BOGUS);
	budget = va_budget_whole();
	va_keys_verify(&keys.set, &ds.set, NOW, &budget, &r);
	check(&r, &budget);
	return 0;
}
