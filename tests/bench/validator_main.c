/* SPDX-License-Identifier: BSD-3-Clause */
/* validator-checks ALGORITHM SECONDS: CPU time of signature checks and of whole validations, one
 * JSON object to standard output. Each signature is checked once by a struct va_crypto that has the
 * key and has seen no good check before: what is remembered of good checks flatters nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/ns.h"
#include "lib/wire/rdata.h"
#include "tests/unit/support/va_chain.h"

enum {
	SETS = 200, /* signatures of a round */
	RSA_BITS = 2048,
	NOW = 1500000,
	SIG_MAX = 256,
	DATA_MAX = 512,
	ROUNDS_MAX = 4096,
	PROOFS = 4, /* of a denial, the SOA among them */
	DENIALS = SETS / PROOFS,
};

/* An RRset with its one signature, and what that signature is made over. */
struct signed_set {
	struct hf_rrset set;
	struct hf_rdata rr[2], rrsig;
	uint8_t addr[2][4], rrsig_octets[18 + 16 + SIG_MAX];
	uint8_t data[DATA_MAX];
	struct va_octets over, sig;
};

/* A name that does not exist, denied by NSEC3 (RFC 5155 8.4): the closest encloser, the gap it
 * falls into and the one of the wildcard. */
struct denial {
	struct hf_name qname;
	struct va_chain chain;
	struct signed_set set[PROOFS];
};

struct library {
	EVP_PKEY_CTX *digests;
	EVP_MD_CTX *messages;
	uint8_t in[36], sig[SIG_MAX];
	size_t in_len, sig_len;
};

struct bench {
	uint8_t algorithm;
	struct library lib;
	struct va_signer ksk, zsk;
	struct va_box keys;
	struct va_key zsk_key;
	struct hf_name zone;
	struct signed_set set[SETS + 1]; /* the last only makes the key known */
	struct denial denial[DENIALS];
};

static struct bench bench;

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * HF_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void
signer_make(struct va_signer *s, uint8_t algorithm, uint16_t flags)
{
	bool rsa = algorithm == HF_ALG_RSASHA256 || algorithm == HF_ALG_RSASHA512;

	if (rsa)
		va_signer_take(
		    s, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS), algorithm, flags);
	else
		va_signer_init(s, algorithm, flags);
}

/* Sign s->set, whose records lie in canonical form. */
static void
set_sign(const struct bench *b, struct signed_set *s)
{
	size_t len = 0;

	len = va_put_int(s->data, len, s->set.type, 2);
	len = va_put_int(s->data, len, b->algorithm, 1);
	len = va_put_int(s->data, len, s->set.owner.label_cnt, 1);
	len = va_put_int(s->data, len, s->set.ttl, 4);
	len = va_put_int(s->data, len, NOW + 500000, 4);
	len = va_put_int(s->data, len, NOW - 500000, 4);
	len = va_put_int(s->data, len, va_signer_tag(&b->zsk), 2);
	len = va_put(s->data, len, b->zone.octets, b->zone.len);
	memcpy(s->rrsig_octets, s->data, len);
	s->rrsig = (struct hf_rdata){.data = s->rrsig_octets, .len = (uint16_t)len};
	for (unsigned k = 0; k < s->set.rr_cnt; k++) {
		VA_REQUIRE(len + 300 + s->set.rr[k].len < sizeof(s->data));
		len = va_put(s->data, len, s->set.owner.octets, s->set.owner.len);
		len = va_put_int(s->data, len, s->set.type, 2);
		len = va_put_int(s->data, len, HF_CLASS_IN, 2);
		len = va_put_int(s->data, len, s->set.ttl, 4);
		len = va_put_int(s->data, len, s->set.rr[k].len, 2);
		len = va_put(s->data, len, s->set.rr[k].data, s->set.rr[k].len);
	}
	s->over = (struct va_octets){s->data, len};
	s->sig.at = s->rrsig_octets + s->rrsig.len;
	s->sig.len = va_signer_sign(&b->zsk, s->data, len, s->rrsig_octets + s->rrsig.len);
	s->rrsig.len = (uint16_t)(s->rrsig.len + s->sig.len);
	s->set.sig = &s->rrsig;
	s->set.sig_cnt = 1;
}

/* Two A records at a name of its own, signed. */
static void
set_make(const struct bench *b, struct signed_set *s, unsigned i)
{
	char owner[64];

	snprintf(owner, sizeof(owner), "host-%u.example.", i);
	s->set = (struct hf_rrset){.owner = va_name(owner),
	    .type = HF_TYPE_A,
	    .klass = HF_CLASS_IN,
	    .ttl = 3600,
	    .rr = s->rr,
	    .rr_cnt = 2};
	for (unsigned k = 0; k < 2; k++) {
		const uint8_t addr[4] = {192, 0, 2, (uint8_t)(k + 1)};

		memcpy(s->addr[k], addr, sizeof(addr));
		s->rr[k] = (struct hf_rdata){.data = s->addr[k], .len = 4};
	}
	set_sign(b, s);
}

static void
step(const uint8_t hash[20], int by, uint8_t out[20])
{
	memcpy(out, hash, 20);
	for (unsigned i = 20; i-- > 0;) {
		out[i] = (uint8_t)(out[i] + by);
		if (out[i] != (by > 0 ? 0 : 0xff))
			return;
	}
}

static void
gap_around(struct va_chain *c, const struct va_nsec3_params *params, const char *name)
{
	uint8_t hash[20], before[20], behind[20];
	struct hf_name n = va_name(name);

	va_chain_hash(&n, params, hash);
	step(hash, -1, before);
	step(hash, 1, behind);
	va_chain_nsec3(c, params, before, behind, "A RRSIG");
}

static void
denial_make(const struct bench *b, struct denial *d, unsigned i)
{
	static const struct va_nsec3_params params = {.algorithm = 1};
	uint8_t apex[20], behind[20];
	char qname[64];

	snprintf(qname, sizeof(qname), "none-%u.example.", i);
	d->qname = va_name(qname);
	va_chain_init(&d->chain, "example.");
	va_chain_hash(&b->zone, &params, apex);
	step(apex, 1, behind);
	va_chain_nsec3(&d->chain, &params, apex, behind, "NS SOA RRSIG DNSKEY");
	gap_around(&d->chain, &params, qname);
	gap_around(&d->chain, &params, "*.example.");
	memset(d->chain.octets[3], 0, 22);
	va_chain_add(&d->chain, &b->zone, HF_TYPE_SOA, 22);
	for (unsigned k = 0; k < PROOFS; k++) {
		d->set[k].set = d->chain.set[k];
		d->set[k].set.ttl += i; /* so that each signature is another */
		set_sign(b, &d->set[k]);
		d->chain.sets[k] = &d->set[k].set;
	}
	d->chain.proofs.cnt = PROOFS - 1;
}

static void
library_make(struct library *l, EVP_PKEY *pkey, uint8_t algorithm)
{
	bool rsa = algorithm == HF_ALG_RSASHA256 || algorithm == HF_ALG_RSASHA512;

	l->in_len = rsa ? 36 : 20;
	memset(l->in, 0x2a, sizeof(l->in));
	l->sig_len = sizeof(l->sig);
	if (algorithm == HF_ALG_ED25519 || algorithm == HF_ALG_ED448) {
		l->messages = EVP_MD_CTX_new();
		VA_REQUIRE(EVP_DigestSignInit(l->messages, NULL, NULL, NULL, pkey) == 1);
		VA_REQUIRE(EVP_DigestSign(l->messages, l->sig, &l->sig_len, l->in, l->in_len) == 1);
		EVP_MD_CTX_free(l->messages);
		l->messages = EVP_MD_CTX_new();
		VA_REQUIRE(EVP_DigestVerifyInit(l->messages, NULL, NULL, NULL, pkey) == 1);
		return;
	}
	l->digests = EVP_PKEY_CTX_new(pkey, NULL);
	VA_REQUIRE(EVP_PKEY_sign_init(l->digests) == 1);
	VA_REQUIRE(EVP_PKEY_sign(l->digests, l->sig, &l->sig_len, l->in, l->in_len) == 1);
	VA_REQUIRE(EVP_PKEY_verify_init(l->digests) == 1);
}

static void
bench_make(struct bench *b, uint8_t algorithm)
{
	struct hf_rdata rdata;

	b->algorithm = algorithm;
	b->zone = va_name("example.");
	signer_make(&b->ksk, algorithm, HF_DNSKEY_ZONE | HF_DNSKEY_SEP);
	signer_make(&b->zsk, algorithm, HF_DNSKEY_ZONE);
	va_box_init(&b->keys, "example.", HF_TYPE_DNSKEY, 3600);
	va_box_add(&b->keys, b->ksk.dnskey, b->ksk.dnskey_len);
	va_box_add(&b->keys, b->zsk.dnskey, b->zsk.dnskey_len);
	rdata = (struct hf_rdata){.data = b->zsk.dnskey, .len = b->zsk.dnskey_len};
	VA_REQUIRE(va_key_parse(&rdata, &b->zsk_key));
	for (unsigned i = 0; i <= SETS; i++)
		set_make(b, &b->set[i], i);
	for (unsigned i = 0; i < DENIALS; i++)
		denial_make(b, &b->denial[i], i);
	library_make(&b->lib, b->zsk.pkey, algorithm);
}

static void
check_set(const struct bench *b, struct va_crypto *crypto, const struct signed_set *s)
{
	VA_REQUIRE(va_crypto_verify(crypto, &b->zsk_key, &s->over, &s->sig) == VA_CRYPTO_GOOD);
}

static void
check(const struct bench *b, struct va_crypto *crypto, unsigned i)
{
	check_set(b, crypto, &b->set[i]);
}

/* Only the signature checks of a denial. */
static void
check_denial(const struct bench *b, struct va_crypto *crypto, unsigned i)
{
	check_set(b, crypto, &b->denial[i / PROOFS].set[i % PROOFS]);
}

/* What `openssl speed` does: one signature of a few octets, by one context, again and again. */
static void
library(const struct bench *b, struct va_crypto *crypto, unsigned i)
{
	(void)crypto;
	(void)i;
	if (b->lib.digests != NULL)
		VA_REQUIRE(EVP_PKEY_verify(b->lib.digests, b->lib.sig, b->lib.sig_len, b->lib.in,
			       b->lib.in_len) == 1);
	else
		VA_REQUIRE(EVP_DigestVerify(b->lib.messages, b->lib.sig, b->lib.sig_len, b->lib.in,
			       b->lib.in_len) == 1);
}

static void
validate(const struct bench *b, struct va_crypto *crypto, unsigned i)
{
	struct va_budget budget;
	struct va_result res;

	va_budget_init(&budget, &va_rules_default, crypto);
	va_rrset_verify(&b->set[i].set, &b->zone, &b->keys.set, NOW, &budget, &res);
	VA_REQUIRE(res.verdict == HF_VERDICT_SECURE);
}

/* All of it, where the last of its signatures would be checked. */
static void
validate_denial(const struct bench *b, struct va_crypto *crypto, unsigned i)
{
	const struct denial *d = &b->denial[i / PROOFS];
	struct va_budget budget;
	struct va_result res;

	if (i % PROOFS != PROOFS - 1)
		return;
	va_budget_init(&budget, &va_rules_default, crypto);
	for (unsigned k = 0; k < PROOFS; k++) {
		va_rrset_verify(&d->set[k].set, &b->zone, &b->keys.set, NOW, &budget, &res);
		VA_REQUIRE(res.verdict == HF_VERDICT_SECURE);
	}
	va_deny_name(&d->chain.proofs, &d->qname, &budget, &res);
	VA_REQUIRE(res.verdict == HF_VERDICT_SECURE);
}

/* One round of all sets; the nanoseconds it took. */
static uint64_t
round_of(const struct bench *b, void (*one)(const struct bench *, struct va_crypto *, unsigned))
{
	struct va_crypto *crypto = va_crypto_create();

	VA_REQUIRE(crypto != NULL);
	check_set(b, crypto, &b->set[SETS]);
	uint64_t from = cpu_ns();

	for (unsigned i = 0; i < SETS; i++)
		one(b, crypto, i);
	uint64_t took = cpu_ns() - from;

	va_crypto_destroy(crypto);
	return took;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the CPU time since before, what was not the kernel's: openssl counts no more either. */
static double
user_share(const struct rusage *before)
{
	struct rusage now;

	getrusage(RUSAGE_SELF, &now);
	double user = (double)(now.ru_utime.tv_sec - before->ru_utime.tv_sec) * 1e6 +
	    (double)(now.ru_utime.tv_usec - before->ru_utime.tv_usec);
	double kernel = (double)(now.ru_stime.tv_sec - before->ru_stime.tv_sec) * 1e6 +
	    (double)(now.ru_stime.tv_usec - before->ru_stime.tv_usec);

	return user / (user + kernel);
}

static double
median(double *v, unsigned cnt)
{
	qsort(v, cnt, sizeof(v[0]), by_value);
	return v[cnt / 2];
}

static void
run(const struct bench *b, double seconds)
{
	static double loop[ROUNDS_MAX], answer[ROUNDS_MAX], denial[ROUNDS_MAX];
	uint64_t spent = 0, checks = 0;
	struct rusage before;
	unsigned n = 0;

	(void)round_of(b, check); /* caches and clocks get warm */
	getrusage(RUSAGE_SELF, &before);
	for (; n < ROUNDS_MAX && (double)spent < seconds * 1e9; n++) {
		uint64_t l = round_of(b, library), c = round_of(b, check);
		uint64_t a = round_of(b, validate);
		uint64_t dc = round_of(b, check_denial), d = round_of(b, validate_denial);

		loop[n] = (double)l / (double)c;
		answer[n] = (double)a / (double)c;
		denial[n] = (double)d / (double)dc;
		checks += c;
		spent += l + c + a + dc + d;
	}
	printf("{\"algorithm\": %u, \"checks_per_s\": %.1f, \"loop_ratio\": %.4f, "
	       "\"answer_ratio\": %.4f, \"denial_ratio\": %.4f, \"rounds\": %u}\n",
	    b->algorithm, n * (double)SETS * 1e9 / ((double)checks * user_share(&before)),
	    median(loop, n), median(answer, n), median(denial, n), n);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: validator-checks ALGORITHM SECONDS\n");
		return 2;
	}
	bench_make(&bench, (uint8_t)strtoul(argv[1], NULL, 10));
	run(&bench, strtod(argv[2], NULL));
	va_signer_fini(&bench.ksk);
	va_signer_fini(&bench.zsk);
	return 0;
}
