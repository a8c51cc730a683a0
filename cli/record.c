/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of a reply as text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void
cl_print_record(const json_t *rr, const char *indent)
{
	static uint8_t wire[HF_NAME_MAX + 10 + HF_RDATA_MAX];
	size_t len = record_wire(rr, wire, sizeof(wire)), pos = 0;
	ldns_rr *parsed = NULL;
	char *text = NULL;

	if (len > 0 &&
	    ldns_wire2rr(&parsed, wire, len, &pos, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK)
		text = ldns_rr2str(parsed);
	if (text != NULL)
		printf("%s%s", indent, text);
	else
		printf("%s%s %" PRId64 " IN %s \\# %zu %s\n", indent, cl_text(rr, "owner"),
		    cl_number(rr, "ttl_s"), cl_text(rr, "type"), strlen(cl_text(rr, "rdata")) / 2,
		    cl_text(rr, "rdata"));
	free(text);
	ldns_rr_free(parsed);
}
