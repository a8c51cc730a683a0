/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets of keys at random, signed by whom the input says, over any time: no key becomes an anchor
 * that was never in a set an anchor signed, and none comes back that was revoked. */
#include "controlplane/trust_point.h"
#include "lib/base/ns.h"
#include "tests/unit/support/keyroll.h"
#include "validator/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOLD_S = 30 * KR_DAY_S, LIFE_S = 10 * KR_DAY_S, STEPS_MAX = 64 };

static struct va_crypto *crypto;

/* What must hold, by letter: A is configured. */
struct model {
	bool seen[KR_KEYS]; /* in a good set, or configured */
	bool gone[KR_KEYS]; /* was revoked */
};

static void
add_letters(char *text, unsigned mask, bool both)
{
	for (unsigned i = 0; i < KR_KEYS; i++) {
		if ((mask & (1u << i)) != 0)
			strncat(text, (char[]){(char)('A' + i), '\0'}, 1);
		if (both && (mask & (0x10u << i)) != 0)
			strncat(text, (char[]){(char)('a' + i), '\0'}, 1);
	}
}

static int
letter_of(const struct cp_point_key *k)
{
	for (int i = 0; i < KR_KEYS; i++)
		if (k->len == kr_key[i].dnskey_len &&
		    memcmp(k->rdata, kr_key[i].dnskey, k->len) == 0)
			return i;
	return -1;
}

static void
check(const struct cp_point *p, struct model *m, enum cp_seen seen)
{
	VA_REQUIRE(p->key_cnt <= CP_POINT_KEYS_MAX);
	for (unsigned i = 0; i < p->key_cnt; i++) {
		const struct cp_point_key *k = &p->keys[i];
		int c = letter_of(k);
		bool trusted = k->state == CP_KEY_VALID || k->state == CP_KEY_MISSING;

		VA_REQUIRE(k->state < CP_KEY_START);
		VA_REQUIRE(!trusted || (c >= 0 && m->seen[c] && !m->gone[c])); /* junk never is */
		if (c < 0)
			continue;
		m->gone[c] |= k->state == CP_KEY_REVOKED;
		m->seen[c] |= seen == CP_SEEN_GOOD;
	}
}

/* Into the set behind its back: the signatures are over what they were made over. */
static void
spoil(struct va_box *box, struct hf_cursor *c)
{
	uint8_t kind = hf_cursor_u8(c);

	if (kind < 128 || box->used == 0)
		return;
	if (kind < 192)
		box->mem[hf_cursor_u16(c) % box->used] ^= (uint8_t)(1u << (kind & 7));
	else if (hf_cursor_left(c) >= 40)
		va_box_add(box, hf_cursor_bytes(c, 40), 40 - (kind & 31));
}

static void
step(struct cp_point *p, struct model *m, struct cp_moment *at, struct hf_cursor *c)
{
	static struct va_box box;
	struct cp_point_changes changes = {0};
	struct va_result why;
	struct va_budget budget;
	char text[4 * KR_KEYS + 2] = "";
	uint32_t passed_s = hf_cursor_u16(c) * 64u;

	at->wall_s += passed_s;
	at->mono_ns += passed_s * HF_NS_PER_S;
	add_letters(text, hf_cursor_u8(c), true);
	strcat(text, "/");
	add_letters(text, hf_cursor_u8(c), true);
	kr_set(&box, text, 2 * KR_DAY_S, at->wall_s, LIFE_S);
	spoil(&box, c);
	va_budget_init(&budget, &va_rules_default, crypto);
	enum cp_seen seen = cp_point_observe(p, &box.set, at, HOLD_S, &budget, &why, &changes);

	VA_REQUIRE(seen != CP_SEEN_BAD || changes.cnt == 0);
	check(p, m, seen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cp_moment at = {1800000000, HF_NS_PER_S, "fuzz"};
	struct cp_point_changes changes = {0};
	struct model m = {.seen = {true}};
	struct cp_point p;
	struct cp_point_key k = {.type = HF_TYPE_DNSKEY};
	struct hf_cursor c;

	if (crypto == NULL) {
		kr_init();
		crypto = va_crypto_create();
	}
	k.len = kr_key[0].dnskey_len;
	memcpy(k.rdata, kr_key[0].dnskey, k.len);
	cp_point_init(&p, &hf_name_root, true);
	VA_REQUIRE(cp_point_configure(&p, &k, at.wall_s, &changes) == 0);
	hf_cursor_init(&c, data, size);
	for (unsigned i = 0; i < STEPS_MAX && hf_cursor_left(&c) > 0; i++)
		step(&p, &m, &at, &c);
	cp_point_fini(&p);
	return 0;
}
