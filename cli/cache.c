/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl cache show */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>

#include "cli/cli.h"
#include "lib/wire/name.h"
#include "lib/wire/rdata.h"

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RDATA from hex. Returns its length, or 0 with *ok false. */
static size_t
read_hex(const char *hex, uint8_t *out, size_t cap, bool *ok)
{
	size_t n = strlen(hex) / 2;

	*ok = strlen(hex) % 2 == 0 && n <= cap;
	for (size_t i = 0; *ok && i < n; i++) {
		int hi = hex_digit(hex[2 * i]), lo = hex_digit(hex[2 * i + 1]);
		*ok = hi >= 0 && lo >= 0;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return *ok ? n : 0;
}

/* The record as wire octets for ldns. Returns the length, 0 when it makes no sense. */
static size_t
record_wire(const json_t *rr, uint8_t *out, size_t cap)
{
	struct hf_name owner;
	uint16_t type;
	bool ok;

	if (hf_name_from_text(cl_text(rr, "owner"), &owner) != 0 ||
	    hf_type_from_text(cl_text(rr, "type"), &type) != 0 || owner.len + 10u > cap)
		return 0;
	uint8_t *p = out + owner.len;
	uint32_t ttl = (uint32_t)cl_number(rr, "ttl_s");
	size_t n = read_hex(cl_text(rr, "rdata"), p + 10, cap - owner.len - 10, &ok);
	if (!ok)
		return 0;
	memcpy(out, owner.octets, owner.len);
	const uint8_t fixed[10] = {(uint8_t)(type >> 8), (uint8_t)type, 0, HF_CLASS_IN,
	    (uint8_t)(ttl >> 24), (uint8_t)(ttl >> 16), (uint8_t)(ttl >> 8), (uint8_t)ttl,
	    (uint8_t)(n >> 8), (uint8_t)n};
	memcpy(p, fixed, sizeof(fixed));
	return owner.len + sizeof(fixed) + n;
}

/* "    www.example. 300 IN A 192.0.2.1" */
static void
print_record(const json_t *rr)
{
	static uint8_t wire[HF_NAME_MAX + 10 + HF_RDATA_MAX];
	size_t len = record_wire(rr, wire, sizeof(wire)), pos = 0;
	ldns_rr *parsed = NULL;
	char *text = NULL;

	if (len > 0 &&
	    ldns_wire2rr(&parsed, wire, len, &pos, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK)
		text = ldns_rr2str(parsed);
	if (text != NULL)
		printf("    %s", text);
	else
		printf("    %s %" PRId64 " IN %s \\# %zu %s\n", cl_text(rr, "owner"),
		    cl_number(rr, "ttl_s"), cl_text(rr, "type"), strlen(cl_text(rr, "rdata")) / 2,
		    cl_text(rr, "rdata"));
	free(text);
	ldns_rr_free(parsed);
}

static void
print_records(const char *title, const json_t *list)
{
	json_t *rr;
	size_t i;

	if (json_array_size(list) > 0 && title[0] != '\0')
		printf("    ; %s\n", title);
	json_array_foreach (list, i, rr)
		print_record(rr);
}

static void
print_entry(const json_t *e)
{
	int64_t ede = cl_number(e, "ede"), ttl = cl_number(e, "ttl_s"),
		retry = cl_number(e, "retry_s");

	printf("  %-6s %s, %s, generation %" PRId64 ", age %" PRId64 " s, ", cl_text(e, "variant"),
	    hf_rcode_to_text((unsigned)cl_number(e, "rcode")), cl_text(e, "verdict"),
	    cl_number(e, "policy_generation"), cl_number(e, "age_s"));
	if (ttl > 0)
		printf("fresh for %" PRId64 " s", ttl);
	else
		printf("expired, stale for %" PRId64 " s more", cl_number(e, "stale_s"));
	if (cl_true(e, "covered"))
		printf(", under an NTA");
	if (retry > 0)
		printf(", refresh failed, next try in %" PRId64 " s", retry);
	putchar('\n');
	if (json_is_integer(json_object_get(e, "ede")) && ede != HF_EDE_NONE)
		printf("    ; EDE %" PRId64 " (%s): %s\n", ede, hf_ede_to_text((unsigned)ede),
		    cl_text(e, "ede_text"));
	print_records("answer", json_object_get(e, "answer"));
	print_records("authority", json_object_get(e, "authority"));
	print_records("additional", json_object_get(e, "additional"));
}

static void
print_dataplane(const json_t *d)
{
	const json_t *entries = json_object_get(d, "entries");
	json_t *e;
	size_t i;

	if (!cl_true(d, "attached")) {
		puts("dataplane: not attached");
		return;
	}
	puts(json_array_size(entries) > 0 ? "dataplane" : "dataplane: nothing");
	json_array_foreach (entries, i, e)
		print_entry(e);
}

static void
print_resolver(const json_t *v)
{
	const json_t *sets = json_object_get(v, "rrsets");
	json_t *s;
	size_t i;

	puts(json_array_size(sets) > 0 ? "resolver" : "resolver: nothing");
	json_array_foreach (sets, i, s) {
		printf("  %s %s, %s%s, %" PRId64 " s left\n", cl_text(s, "owner"),
		    cl_text(s, "type"), cl_text(s, "verdict"),
		    cl_true(s, "negative") ? ", negative" : "", cl_number(s, "ttl_s"));
		print_records("", json_object_get(s, "records"));
	}
}

int
cl_cache_show(const struct cl_line *line)
{
	char name[HF_NAME_TEXT_LEN];
	struct hf_name n;
	uint16_t type;
	json_t *r, *a;

	if (hf_name_from_text(line->argv[0], &n) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a domain name", line->argv[0]);
	if (line->argc > 1 && hf_type_from_text(line->argv[1], &type) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a type", line->argv[1]);
	a = json_pack("{s:s}", "name", hf_name_to_text(&n, name));
	if (line->argc > 1)
		json_object_set_new(a, "type", json_string(line->argv[1]));
	int rc = cl_request(line, "cache.show", a, &r);
	if (rc == CL_DONE && !line->json) {
		print_dataplane(json_object_get(r, "dataplane"));
		print_resolver(json_object_get(r, "resolver"));
	}
	json_decref(r);
	return rc;
}
