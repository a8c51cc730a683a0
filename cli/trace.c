/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl trace */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <ldns/ldns.h>

#include "cli/cli.h"
#include "lib/wire/name.h"
#include "lib/wire/rdata.h"

#define INDENT "     "

/* --- words ---------------------------------------------------------------------------------- */

static const char *
algorithm(const json_t *o, char buf[24])
{
	ldns_lookup_table *found =
	    ldns_lookup_by_id(ldns_algorithms, (int)cl_number(o, "algorithm"));

	if (found != NULL)
		return found->name;
	snprintf(buf, 24, "algorithm %" PRId64, cl_number(o, "algorithm"));
	return buf;
}

/* By the registry of RFC 3658 2.4. */
static const char *
digest(const json_t *o, char buf[24])
{
	switch (cl_number(o, "digest_type")) {
	case HF_DIGEST_SHA1:
		return "SHA-1";
	case HF_DIGEST_SHA256:
		return "SHA-256";
	case HF_DIGEST_SHA384:
		return "SHA-384";
	default:
		snprintf(buf, 24, "digest %" PRId64, cl_number(o, "digest_type"));
		return buf;
	}
}

/* "2d3h": what counts at these lengths. Returns buf. */
static const char *
span(int64_t s, char buf[32])
{
	if (s >= 86400)
		snprintf(buf, 32, "%" PRId64 "d%" PRId64 "h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(buf, 32, "%" PRId64 "h%" PRId64 "m", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, 32, "%" PRId64 "m%" PRId64 "s", s / 60, s % 60);
	return buf;
}

static const char *
milliseconds(int64_t us, char buf[32])
{
	snprintf(buf, 32, "%" PRId64 ".%" PRId64 " ms", us / 1000, us % 1000 / 100);
	return buf;
}

static bool
has(const json_t *o, const char *key)
{
	const json_t *j = json_object_get(o, key);

	return j != NULL && !json_is_null(j);
}

/* --- a step's parts ------------------------------------------------------------------------- */

/* ": the reason (RFC 4035 5.3.3)" */
static void
print_why_short(const json_t *o)
{
	const json_t *why = json_object_get(o, "why");
	const char *text = cl_text(why, "text"), *colon = strstr(text, ": ");

	if (why == NULL)
		return;
	printf(": %s", colon != NULL ? colon + 2 : text);
	if (strcmp(cl_text(why, "rfc"), "-") != 0)
		printf(" (%s)", cl_text(why, "rfc"));
}

static bool
is_in(const json_t *s, const json_t *above)
{
	struct hf_name name, zone;

	return hf_name_from_text(cl_text(s, "name"), &name) == 0 &&
	    hf_name_from_text(cl_text(above, "name"), &zone) == 0 && hf_name_in(&name, &zone);
}

static bool
decides(const json_t *before, const char *verdict)
{
	return strcmp(cl_text(before, "verdict"), verdict) == 0 ||
	    (strcmp(verdict, "insecure") == 0 &&
		strcmp(cl_text(before, "cut"), "unsigned delegation") == 0);
}

/* What an earlier step decided for this one. */
static void
print_because(const json_t *s, const json_t *steps)
{
	const char *verdict = cl_text(s, "verdict");
	json_t *before;
	size_t i;

	if (strcmp(cl_text(s, "kind"), "link") != 0 || strcmp(verdict, "secure") == 0)
		return;
	json_array_foreach (steps, i, before) {
		if (before == s)
			return;
		if (strcmp(cl_text(before, "kind"), "link") != 0 && decides(before, verdict) &&
		    is_in(s, before)) {
			printf(", by step %zu", i + 1);
			return;
		}
	}
}

static void
print_head(size_t number, const json_t *s, const json_t *steps)
{
	printf("%2zu  %s  %s  ", number, cl_text(s, "name"), cl_text(s, "type"));
	if (!has(s, "verdict"))
		fputs("not in the cache", stdout);
	else
		fputs(cl_text(s, "verdict"), stdout);
	if (has(s, "cause"))
		printf(": %s", cl_text(s, "cause"));
	print_why_short(s);
	print_because(s, steps);
	putchar('\n');
}

/* "trust anchor DS 20326 RSASHA256 SHA-256: matches" */
static void
print_vouching(const json_t *s)
{
	const json_t *list = json_object_get(s, "vouching");
	bool anchor = strcmp(cl_text(s, "vouched_by"), "trust anchor") == 0;
	char a[24], d[24];
	json_t *v;
	size_t i;

	json_array_foreach (list, i, v) {
		printf(INDENT "%s%s %" PRId64 " %s", anchor ? "trust anchor " : "",
		    cl_text(v, "type"), cl_number(v, "key_tag"), algorithm(v, a));
		if (has(v, "digest_type"))
			printf(" %s", digest(v, d));
		if (json_array_size(json_object_get(s, "keys")) > 0)
			fputs(cl_true(v, "matched") ? ": matches" : ": matches no key", stdout);
		putchar('\n');
	}
}

static void
print_keys(const json_t *s)
{
	const json_t *list = json_object_get(s, "keys");
	char a[24];
	json_t *k;
	size_t i;

	json_array_foreach (list, i, k) {
		printf("%s%" PRId64 " %s", i == 0 ? INDENT "keys " : ", ", cl_number(k, "key_tag"),
		    algorithm(k, a));
		if (cl_true(k, "sep"))
			fputs(" SEP", stdout);
		if (!cl_true(k, "zone_key"))
			fputs(" (no zone key)", stdout);
		if (cl_true(k, "revoked"))
			fputs(" (revoked)", stdout);
	}
	if (json_array_size(list) > 0)
		putchar('\n');
}

/* "until 2026-12-01T00:00:00Z (2d23h left)" */
static void
print_life(const json_t *sig, int64_t now_s)
{
	int64_t from = cl_number(sig, "inception"), until = cl_number(sig, "expiration");
	char text[32];

	if (from > now_s)
		printf("from %s (in %s)", cl_text(sig, "inception_text"), span(from - now_s, text));
	else if (until < now_s)
		printf("until %s (%s ago)", cl_text(sig, "expiration_text"),
		    span(now_s - until, text));
	else
		printf("%s .. %s (%s left)", cl_text(sig, "inception_text"),
		    cl_text(sig, "expiration_text"), span(until - now_s, text));
}

static void
print_signatures(const json_t *set, int64_t now_s)
{
	const json_t *list = json_object_get(set, "signatures");
	char a[24];
	json_t *sig;
	size_t i;

	json_array_foreach (list, i, sig) {
		if (cl_true(sig, "malformed")) {
			puts(INDENT "  RRSIG: malformed");
			continue;
		}
		printf(INDENT "  RRSIG by %s %" PRId64 " %s, ", cl_text(sig, "signer"),
		    cl_number(sig, "key_tag"), algorithm(sig, a));
		print_life(sig, now_s);
		if (has(sig, "verdict"))
			printf(": %s", cl_text(sig, "verdict"));
		putchar('\n');
	}
	if (json_array_size(list) == 0)
		puts(INDENT "  no RRSIG");
}

/* "stands at no.example., the name asked for" */
static void
print_facts(const json_t *s, const json_t *set)
{
	const json_t *list = json_object_get(s, "proofs");
	json_t *f;
	size_t i;

	json_array_foreach (list, i, f) {
		const char *says = cl_text(f, "says");

		if (strcmp(cl_text(f, "owner"), cl_text(set, "owner")) != 0 ||
		    strcmp(cl_text(f, "type"), cl_text(set, "type")) != 0)
			continue;
		printf(INDENT "  %s %s, %s%s\n",
		    strcmp(says, "stands") == 0      ? "stands at"
			: strcmp(says, "empty") == 0 ? "shows names below"
						     : "covers",
		    cl_text(f, "name"), cl_text(f, "role"),
		    cl_true(f, "optout")
			? ": it is not there, or is an unsigned delegation (opt-out)"
			: "");
	}
}

static void
print_rrsets(const json_t *s, int64_t now_s)
{
	const json_t *list = json_object_get(s, "rrsets"), *records;
	bool keys = strcmp(cl_text(s, "kind"), "keys") == 0;
	json_t *set, *rr;
	size_t i, k;

	json_array_foreach (list, i, set) {
		records = json_object_get(set, "records");
		json_array_foreach (records, k, rr) {
			if (!keys)
				cl_print_record(rr, INDENT);
		}
		if (cl_true(set, "left_off"))
			printf(INDENT "%s %s: too large to be shown\n", cl_text(set, "owner"),
			    cl_text(set, "type"));
		print_facts(s, set);
		print_signatures(set, now_s);
	}
}

/* --- servers -------------------------------------------------------------------------------- */

static void
print_query(const json_t *q)
{
	char ms[32];

	printf(INDENT "%s %s%s%s%s", cl_true(q, "along") ? "came along from" : "asked",
	    cl_text(q, "server_name"), has(q, "server_name") ? " " : "", cl_text(q, "server"),
	    strcmp(cl_text(q, "transport"), "tcp") == 0 ? " (TCP)" : "");
	if (!cl_true(q, "along"))
		printf(
		    " of %s for %s %s", cl_text(q, "zone"), cl_text(q, "name"), cl_text(q, "type"));
	printf(": %s", cl_text(q, "gave"));
	if (has(q, "to"))
		printf(" to %s", cl_text(q, "to"));
	if (strcmp(cl_text(q, "rcode"), "NOERROR") != 0 &&
	    strcmp(cl_text(q, "rcode"), "NXDOMAIN") != 0)
		printf(" (%s)", cl_text(q, "rcode"));
	if (!cl_true(q, "along"))
		printf(", %s", milliseconds(cl_number(q, "took_us"), ms));
	if (has(q, "verdict"))
		printf(", %s", cl_text(q, "verdict"));
	putchar('\n');
	if (has(q, "why"))
		printf(INDENT "  %s\n", cl_text(json_object_get(q, "why"), "text"));
}

static void
print_queries(const json_t *list)
{
	unsigned judged = 0, good = 0;
	json_t *q;
	size_t i;

	json_array_foreach (list, i, q) {
		print_query(q);
		judged += has(q, "verdict");
		good += strcmp(cl_text(q, "verdict"), "secure") == 0 ||
		    strcmp(cl_text(q, "verdict"), "insecure") == 0;
	}
	if (judged > 1)
		printf(INDENT "good records from %u of %u addresses\n", good, judged);
}

static void
print_source(const json_t *s, bool cached)
{
	char age[32];

	if (json_array_size(json_object_get(s, "queries")) > 0 || !has(s, "verdict"))
		return;
	if (!has(s, "rrsets")) {
		puts(INDENT "its records are not in the cache, what followed from them is");
		return;
	}
	if (!cached) {
		puts(INDENT "follows from what was proven above");
		return;
	}
	printf(INDENT "cached %s ago", span(cl_number(s, "age_s"), age));
	if (has(s, "ttl_s"))
		printf(", for %" PRId64 " s more", cl_number(s, "ttl_s"));
	putchar('\n');
}

static void
print_step(size_t number, const json_t *s, const json_t *r)
{
	bool cached = strcmp(cl_text(r, "mode"), "cached") == 0;

	print_head(number, s, json_object_get(r, "steps"));
	print_vouching(s);
	print_keys(s);
	print_rrsets(s, cl_number(r, "now"));
	if (has(s, "wildcard"))
		printf(INDENT "made from %s\n", cl_text(s, "wildcard"));
	if (has(s, "target"))
		printf(INDENT "leads to %s\n", cl_text(s, "target"));
	if (has(s, "cut") && strcmp(cl_text(s, "cut"), "unknown") != 0)
		printf(INDENT "proven: %s\n", cl_text(s, "cut"));
	print_source(s, cached);
	print_queries(json_object_get(s, "queries"));
}

/* --- the end -------------------------------------------------------------------------------- */

static void
print_nta(const json_t *nta)
{
	char left[32];

	if (json_is_object(nta))
		printf("    negative trust anchor %s, until %s (%s left), by %s: %s\n",
		    cl_text(nta, "name"), cl_text(nta, "expires_text"),
		    span(cl_number(nta, "left_s"), left), cl_text(nta, "author"),
		    cl_text(nta, "reason"));
}

static void
print_ede(const json_t *a, const char *key, const char *title)
{
	int64_t ede = cl_number(a, key);

	if (has(a, key))
		printf("    %s %" PRId64 " (%s)\n", title, ede, hf_ede_to_text((unsigned)ede));
}

static void
print_answer(const json_t *r)
{
	const json_t *a = json_object_get(r, "answer");
	const json_t *others = json_object_get(r, "other_queries");
	char ms[32];

	printf("=>  %s: %s%s%s\n", cl_text(a, "verdict"), cl_text(a, "rcode"),
	    cl_true(a, "ad") ? ", AD" : "",
	    cl_true(a, "remembered") ? ", remembered from a moment ago" : "");
	print_ede(a, "ede", "EDE");
	print_ede(a, "hidden_ede", "without the negative trust anchor: SERVFAIL, EDE");
	if (cl_text(a, "ede_text")[0] != '\0')
		printf("    %s\n", cl_text(a, "ede_text"));
	print_nta(json_object_get(r, "nta"));
	if (has(r, "trouble"))
		printf("    clients: %s is in trouble, its names fail at once, one question at a "
		       "time tries again\n",
		    cl_text(r, "trouble"));
	printf("    policy generation %" PRId64 ", %" PRId64 " packets sent (%zu of them to find "
	       "servers), %s\n",
	    cl_number(a, "policy_generation"), cl_number(a, "sends"), json_array_size(others),
	    milliseconds(cl_number(r, "took_us"), ms));
	if (cl_number(r, "left_off") > 0)
		printf("    %" PRId64 " steps, queries or checks left off: too many\n",
		    cl_number(r, "left_off"));
}

static void
print_trace(const json_t *r)
{
	const json_t *steps = json_object_get(r, "steps");
	json_t *s;
	size_t i;

	json_array_foreach (steps, i, s)
		print_step(i + 1, s, r);
	print_answer(r);
	if (has(r, "dataplane"))
		cl_print_dataplane(json_object_get(r, "dataplane"));
}

int
cl_trace(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	struct hf_name n;
	uint16_t type;
	json_t *r;

	for (const char *p = line->argv[0]; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return cl_fail(line, CL_USAGE,
			    "\"%s\" is not ASCII: DNS has such names as xn--... (idn2 makes them)",
			    line->argv[0]);
	if (line->argv[0][0] == '\0' || hf_name_from_text(line->argv[0], &n) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a domain name", line->argv[0]);
	if (hf_type_from_text(line->argv[1], &type) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a type", line->argv[1]);
	if (hf_type_is_meta(type))
		return cl_fail(
		    line, CL_USAGE, "%s is many types or none: trace one", line->argv[1]);
	int rc = cl_request(line, "trace",
	    json_pack("{s:s, s:s, s:b}", "name", hf_name_to_text(&n, name), "type", line->argv[1],
		"cached", (line->given & CL_OPT_CACHED) != 0),
	    &r);
	if (rc == CL_DONE && !line->json)
		print_trace(r);
	json_decref(r);
	return rc;
}
