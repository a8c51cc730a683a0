/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/badzones/bz.h"

enum {
	SOA_NUMBERS = 20, /* octets behind its names, that are no letters */
	CACHE_OCTETS = 512 * 1024,
};

struct fn_net fn;
struct bz bz;

/* --- keys: made once, RSA is slow */

static struct va_signer pool[2][HF_ALG_ED448 + 1];

static const struct va_signer *
pooled(unsigned which, uint8_t algorithm)
{
	struct va_signer *s = &pool[which][algorithm];

	if (s->pkey == NULL)
		va_signer_init(s, algorithm, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	return s;
}

const struct va_signer *
bz_stranger(uint8_t algorithm)
{
	return pooled(1, algorithm);
}

static void
use_key(struct fn_zone *z, uint8_t algorithm)
{
	va_signer_fini(&z->key);
	z->key = *pooled(0, algorithm);
	VA_REQUIRE(EVP_PKEY_up_ref(z->key.pkey) == 1);
}

struct bz_spec
bz_spec(unsigned i)
{
	static const uint8_t algorithms[] = {HF_ALG_ECDSAP256, HF_ALG_ED25519, HF_ALG_ECDSAP256,
	    HF_ALG_ED25519, HF_ALG_RSASHA256, HF_ALG_ECDSAP256, HF_ALG_ED25519, HF_ALG_ECDSAP384,
	    HF_ALG_ECDSAP256, HF_ALG_ED25519, HF_ALG_RSASHA512, HF_ALG_ED448};

	return (struct bz_spec){
	    .algorithm = algorithms[i % 12], .denial = i % BZ_DENIALS, .depth = i / 2 % BZ_DEPTHS};
}

/* --- names */

const char *
bz_at(const char *name)
{
	static char text[8][HF_NAME_TEXT_LEN];
	static unsigned turn;
	char *out = text[turn++ % 8];
	size_t len = strlen(name);

	if (strcmp(name, "@") == 0)
		return bz.zone->text;
	if (len > 0 && name[len - 1] == '.')
		return name;
	snprintf(out, HF_NAME_TEXT_LEN, "%s.%s", name, bz.zone->text);
	return out;
}

bool
bz_is(const struct va_box *b, const char *name, uint16_t type)
{
	struct hf_name n = va_name(bz_at(name));

	return b->set.type == type && hf_name_equal(&b->set.owner, &n);
}

bool
bz_is_target(const struct fn_signing *s, const struct bz_target *t)
{
	uint16_t type = t->set;

	if (s->z != (type == HF_TYPE_DS ? bz.parent : bz.zone))
		return false;
	if (type == HF_TYPE_NSEC && bz.zone->nsec3) /* the hash is not looked up: any will do */
		return s->b->set.type == HF_TYPE_NSEC3;
	return bz_is(s->b, t->owner, type);
}

/* --- signing: records lie in canonical order and form while they are signed (RFC 4034 6) */

/* Types whose names count in lower case (RFC 4034 6.2, RFC 6840 5.1). Nothing else in their RDATA
 * here is an upper case letter. */
static bool
is_lowered(uint16_t type)
{
	static const uint16_t types[] = {HF_TYPE_NS, HF_TYPE_CNAME, HF_TYPE_SOA, HF_TYPE_MB,
	    HF_TYPE_MG, HF_TYPE_MR, HF_TYPE_PTR, HF_TYPE_MINFO, HF_TYPE_MX, HF_TYPE_RP,
	    HF_TYPE_AFSDB, HF_TYPE_RT, HF_TYPE_PX, HF_TYPE_SRV, HF_TYPE_NAPTR, HF_TYPE_KX,
	    HF_TYPE_DNAME};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == type)
			return true;
	return false;
}

void
bz_lower(struct va_box *b)
{
	size_t numbers = b->set.type == HF_TYPE_SOA ? SOA_NUMBERS : 0;

	for (size_t i = 0; i + numbers < b->used; i++)
		b->mem[i] = (uint8_t)tolower(b->mem[i]);
}

int
bz_rdata_order(const void *a, const void *b)
{
	const struct hf_rdata *x = a, *y = b;
	size_t least = x->len < y->len ? x->len : y->len;
	int by_octets = memcmp(x->data, y->data, least);

	return by_octets != 0 ? by_octets : x->len - y->len;
}

static void
sign_as_it_stands(struct fn_signing *s)
{
	char owner[HF_NAME_TEXT_LEN], signer[HF_NAME_TEXT_LEN];

	snprintf(owner, sizeof(owner), "%s", s->spec.owner);
	snprintf(signer, sizeof(signer), "%s", s->spec.signer);
	s->spec.owner = owner;
	s->spec.signer = signer;
	va_box_sign(s->b, s->key, &s->spec);
}

void
bz_sign(struct fn_signing *s, const struct va_signer *key)
{
	s->key = key;
	sign_as_it_stands(s);
	s->key = NULL;
}

void
bz_sign_forged(struct fn_signing *s)
{
	bz_sign(s, bz_stranger(s->key->algorithm));
}

/* Records that are one in canonical form are signed once (RFC 4034 6.3). In order. */
static void
merge(struct va_box *b)
{
	unsigned n = 1;

	qsort(b->rr, b->set.rr_cnt, sizeof(b->rr[0]), bz_rdata_order);
	for (unsigned i = 1; i < b->set.rr_cnt; i++)
		if (bz_rdata_order(&b->rr[i], &b->rr[n - 1]) != 0)
			b->rr[n++] = b->rr[i];
	b->set.rr_cnt = (uint16_t)n;
}

/* The records as they are sent, and a signature as it should be. */
static void
sign_well(struct fn_signing *s)
{
	static struct va_box sent;
	struct va_box *b = s->b;

	memcpy(sent.rr, b->rr, sizeof(sent.rr));
	memcpy(sent.mem, b->mem, b->used);
	sent.used = b->used;
	sent.set.rr_cnt = b->set.rr_cnt;
	if (is_lowered(b->set.type))
		bz_lower(b);
	merge(b);
	sign_as_it_stands(s);
	memcpy(b->rr, sent.rr, sizeof(sent.rr));
	memcpy(b->mem, sent.mem, sent.used);
	b->set.rr_cnt = sent.set.rr_cnt;
}

/* Every RRset of the tree is signed here. */
static void
on_sign(struct fn_signing *s)
{
	int64_t now = fn_time().wall_s;
	bool hit = false;

	s->spec.inception = (uint32_t)(now - 500000);
	s->spec.expiration = (uint32_t)(now + 500000);
	if (bz.c->sign != NULL && bz.bad)
		hit = bz.c->sign(s);
	if (s->key != NULL)
		sign_well(s);
	bz.hits += hit;
	for (unsigned i = 0; hit && i < s->b->set.sig_cnt; i++)
		bz_taint(s->b->sig[i].data, s->b->sig[i].len, &s->b->set.owner, s->b->set.type);
}

static uint16_t
on_say(struct fn_reply *p, const struct hf_question *q)
{
	uint16_t flags = 0;

	if (bz.bad)
		flags = bz.c->says(p, q);
	bz.hits += flags != 0;
	return flags;
}

struct va_box *
bz_box_of(struct fn_reply *p, const struct hf_name *owner, uint16_t type)
{
	static struct va_box b;
	char text[HF_NAME_TEXT_LEN];

	va_box_init(&b, hf_name_to_text(owner, text), type, 300);
	for (unsigned i = 0; i < p->z->cnt; i++)
		if (p->z->rr[i].type == type && hf_name_equal(&p->z->rr[i].owner, owner))
			va_box_add(&b, p->z->rr[i].rdata, p->z->rr[i].len);
	fn_sign(p, &b, text);
	return &b;
}

/* --- the honest tree */

static struct fn_zone *
zone_make(const char *name, bool is_signed, uint8_t algorithm)
{
	struct fn_zone *z = fn_zone(name, is_signed);

	if (is_signed && algorithm != HF_ALG_ED25519)
		use_key(z, algorithm);
	fn_apex(z);
	return z;
}

static struct fn_server *
delegate(struct fn_zone *parent, struct fn_zone *z, const char *addr)
{
	char ns[160];

	snprintf(ns, sizeof(ns), "ns.%s", z->text);
	struct fn_server *s = fn_delegate(parent, z, ns, addr);

	if (z->is_signed)
		fn_add_ds(parent, z);
	if (bz.c->says != NULL)
		s->says = on_say;
	return s;
}

void
bz_add(const char *owner, const char *rest)
{
	char text[2048];
	const char *percent = strchr(rest, '%');
	int len = percent != NULL ? (int)(percent - rest) : (int)strlen(rest);

	snprintf(text, sizeof(text), "%s 300 IN %.*s%s%s", bz_at(owner), len, rest,
	    percent != NULL ? bz.zone->text : "", percent != NULL ? percent + 1 : "");
	fn_add(bz.zone, text);
}

static void
fill(void)
{
	static const char *const records[][2] = {
	    {"www", "A 198.51.100.1"},
	    {"www", "A 198.51.100.2"},
	    {"www", "AAAA 2001:db8::1"},
	    {"www", "TXT one"},
	    {"mail", "A 198.51.100.3"},
	    {"mx", "MX 10 mail.%"},
	    {"mx", "MX 20 www.%"},
	    {"alias", "CNAME www.%"},
	    {"away", "CNAME www.sib.test."},
	    {"moved", "DNAME new.%"},
	    {"www.new", "A 198.51.100.4"},
	    {"*.wild", "A 198.51.100.5"},
	    {"*.wild", "TXT wild"},
	    {"near.wild", "A 198.51.100.6"},
	    {"a.b.ent", "A 198.51.100.7"},
	    {"victim", "A 198.51.100.8"},
	    {"victim", "TXT here"},
	    {"zz", "A 198.51.100.9"},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		bz_add(records[i][0], records[i][1]);
	fn_add(bz.sib, "www.sib.test. 300 IN A 198.51.100.20");
	fn_add(bz.sib, "alias.sib.test. 300 IN CNAME www.sib.test.");
}

static void
fill_below(void)
{
	char text[256];

	bz.child = zone_make(bz_at("child"), true, HF_ALG_ED25519);
	bz.plain = zone_make(bz_at("plain"), false, 0);
	bz.child_server = delegate(bz.zone, bz.child, "192.0.2.4");
	delegate(bz.zone, bz.plain, "192.0.2.6");
	bz.child->nsec3 = bz.zone->nsec3;
	snprintf(text, sizeof(text), "www.%s 300 IN A 198.51.100.30", bz.child->text);
	fn_add(bz.child, text);
	snprintf(text, sizeof(text), "*.%s 300 IN A 198.51.100.31", bz.child->text);
	fn_add(bz.child, text);
	snprintf(text, sizeof(text), "www.%s 300 IN A 198.51.100.40", bz.plain->text);
	fn_add(bz.plain, text);
}

/* A resolver in place of the usual one. */
static void
restart(const struct bz_case *c)
{
	static struct hf_rdata key;
	static struct hf_rrset anchor;

	key = (struct hf_rdata){bz.tld->key.dnskey, bz.tld->key.dnskey_len};
	anchor = (struct hf_rrset){
	    .owner = bz.tld->name, .type = HF_TYPE_DNSKEY, .klass = 1, .rr_cnt = 1, .rr = &key};
	cp_resolver_destroy(fn.r);
	if (c->island)
		fn.cfg.anchors = &anchor;
	fn.cfg.extras = c->extras;
	fn.r = cp_resolver_create(&fn.cfg, &fn.ops, fn.policy);
	VA_REQUIRE(fn.r != NULL);
}

void
bz_again(const struct bz_case *c, bool bad)
{
	bz.c = c;
	bz.bad = bad;
	bz.hits = 0;
	bz_taints_clear();
	fn.now_ns = HF_NS_PER_S;
	fn.seed = 1;
	restart(c);
}

void
bz_build(const struct bz_case *c, bool bad)
{
	static const struct cp_resolver_limits small = {.cache_octets = CACHE_OCTETS};
	static const char *const names[BZ_DEPTHS] = {
	    "zone.test.", "zone.ent.test.", "zone.mid.test.", "zone."};

	bz = (struct bz){.c = c, .bad = bad, .cnt = bz.cnt};
	bz_taints_clear();
	fn.sign = on_sign;
	bz.root = fn_root(true);
	if (c->says != NULL)
		fn.server[0].says = on_say;
	bz.tld = zone_make("test.", true, HF_ALG_ED25519);
	delegate(bz.root, bz.tld, "192.0.2.2");
	bz.sib = zone_make("sib.test.", true, HF_ALG_ED25519);
	delegate(bz.tld, bz.sib, "192.0.2.7");
	bz.parent = c->spec.depth == 3 ? bz.root : bz.tld;
	if (c->spec.depth == 2) {
		bz.parent = zone_make("mid.test.", true, HF_ALG_ED25519);
		delegate(bz.tld, bz.parent, "192.0.2.5");
	}
	bz.zone = zone_make(names[c->spec.depth], true, c->spec.algorithm);
	bz.zone->nsec3 = c->spec.denial != BZ_NSEC;
	bz.zone->optout = c->spec.denial == BZ_OPTOUT;
	fill();
	bz.server = delegate(bz.parent, bz.zone, "192.0.2.3");
	fill_below();
	if (c->lay != NULL)
		c->lay();
	fn_start(bz.root, &small);
	if (c->island || c->extras)
		restart(c);
}

void
bz_end(void)
{
	fn_reset();
	bz_taints_clear();
}
