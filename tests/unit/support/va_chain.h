/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * va_chain: NSEC and NSEC3 records for tests of the validator, as a signer would make them.
 *
 * Purpose   A zone is a list of names with types; out come the proofs. The hash and the
 *           base32hex are written a second time here, so that neither is its own witness.
 * Roles     A test's only thread.
 * Memory    A struct va_chain holds its records.
 * Blocking  Never.
 * Errors    Abort.
 * Trust     Nothing here reads input.
 */
#ifndef HF_TEST_VA_CHAIN_H
#define HF_TEST_VA_CHAIN_H

#include "lib/wire/rdata.h"
#include "tests/unit/support/va_signer.h"

enum { VA_CHAIN_MAX = 64, VA_CHAIN_RDATA = 400 };

struct va_chain {
	struct hf_name zone;
	uint16_t cnt;
	struct hf_rrset set[VA_CHAIN_MAX];
	const struct hf_rrset *sets[VA_CHAIN_MAX];
	struct hf_rdata rdata[VA_CHAIN_MAX];
	uint8_t octets[VA_CHAIN_MAX][VA_CHAIN_RDATA];
	struct va_proofs proofs;
};

struct va_nsec3_params {
	uint8_t algorithm, flags;
	uint16_t iterations;
	uint8_t salt_len;
	uint8_t salt[255];
};

static inline void
va_chain_init(struct va_chain *c, const char *zone)
{
	c->zone = va_name(zone);
	c->cnt = 0;
	c->proofs = (struct va_proofs){.sets = c->sets, .cnt = 0, .zone = &c->zone};
}

/* A type bitmap out of "A NS RRSIG"; types below 256. */
static inline size_t
va_bitmap_put(const char *types, uint8_t *out)
{
	char copy[128], *save = NULL;
	size_t top = 0;

	memset(out, 0, 34);
	snprintf(copy, sizeof(copy), "%s", types);
	for (char *t = strtok_r(copy, " ", &save); t != NULL; t = strtok_r(NULL, " ", &save)) {
		uint16_t type;

		VA_REQUIRE(hf_type_from_text(t, &type) == 0 && type < 256);
		out[2 + type / 8] |= (uint8_t)(0x80 >> type % 8);
		if (type / 8 + 1u > top)
			top = type / 8 + 1u;
	}
	out[1] = (uint8_t)top;
	return top == 0 ? 0 : 2 + top;
}

static inline void
va_chain_add(struct va_chain *c, const struct hf_name *owner, uint16_t type, size_t len)
{
	uint16_t i = c->cnt++;

	c->rdata[i] = (struct hf_rdata){.data = c->octets[i], .len = (uint16_t)len};
	c->set[i] = (struct hf_rrset){.owner = *owner,
	    .type = type,
	    .klass = HF_CLASS_IN,
	    .ttl = 3600,
	    .rr_cnt = 1,
	    .rr = &c->rdata[i]};
	c->sets[i] = &c->set[i];
	c->proofs.cnt = c->cnt;
}

static inline void
va_chain_nsec(
    struct va_chain *c, const struct hf_name *owner, const struct hf_name *next, const char *types)
{
	VA_REQUIRE(c->cnt < VA_CHAIN_MAX);
	uint8_t *out = c->octets[c->cnt];
	size_t len = va_put(out, 0, next->octets, next->len);

	va_chain_add(c, owner, HF_TYPE_NSEC, len + va_bitmap_put(types, out + len));
}

static inline void
va_base32hex(const uint8_t hash[20], char text[33])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

	for (unsigned i = 0; i < 32; i++) {
		unsigned v = 0;

		for (unsigned bit = i * 5; bit < i * 5 + 5; bit++)
			v = v << 1 | (hash[bit / 8] >> (7 - bit % 8) & 1u);
		text[i] = digits[v];
	}
	text[32] = '\0';
}

static inline void
va_unbase32hex(const char *text, uint8_t hash[20])
{
	memset(hash, 0, 20);
	for (unsigned i = 0; i < 160; i++) {
		char c = text[i / 5];
		unsigned v = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;

		if ((v >> (4 - i % 5) & 1) != 0)
			hash[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
}

static inline void
va_chain_hash(const struct hf_name *name, const struct va_nsec3_params *p, uint8_t out[20])
{
	uint8_t buf[HF_NAME_MAX + 255];
	struct hf_name lower = *name;

	hf_name_lower(&lower);
	size_t len = va_put(buf, 0, lower.octets, lower.len);
	for (unsigned i = 0; i <= p->iterations; i++) {
		len = va_put(buf, len, p->salt, p->salt_len);
		VA_REQUIRE(EVP_Digest(buf, len, out, NULL, EVP_sha1(), NULL) == 1);
		len = va_put(buf, 0, out, 20);
	}
}

static inline void
va_chain_nsec3(struct va_chain *c, const struct va_nsec3_params *p, const uint8_t owner[20],
    const uint8_t next[20], const char *types)
{
	char text[64], zone[HF_NAME_TEXT_LEN], whole[HF_NAME_TEXT_LEN + 64];

	VA_REQUIRE(c->cnt < VA_CHAIN_MAX);
	va_base32hex(owner, text);
	hf_name_to_text(&c->zone, zone);
	snprintf(whole, sizeof(whole), "%s.%s", text, c->zone.label_cnt == 0 ? "" : zone);
	struct hf_name name = va_name(whole);
	uint8_t *out = c->octets[c->cnt];
	size_t len = va_put_int(out, 0, p->algorithm, 1);
	len = va_put_int(out, len, p->flags, 1);
	len = va_put_int(out, len, p->iterations, 2);
	len = va_put_int(out, len, p->salt_len, 1);
	len = va_put(out, len, p->salt, p->salt_len);
	len = va_put_int(out, len, 20, 1);
	len = va_put(out, len, next, 20);
	va_chain_add(c, &name, HF_TYPE_NSEC3, len + va_bitmap_put(types, out + len));
}

#endif
