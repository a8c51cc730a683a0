/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * va_zonefile: the RRsets of a signed zone's text, each with its signatures, for tests of the
 * validator. The text is read by ldns, which shares no code with us.
 *
 * Purpose   Zones that others signed: by their tools at test time, or in print.
 * Roles     A test's only thread.
 * Memory    A struct va_zonefile holds everything; it is large: make it static.
 * Blocking  On the file.
 * Errors    Abort: a test without its zone has nothing to say.
 * Trust     The file is the test's own.
 */
#ifndef HF_TEST_VA_ZONEFILE_H
#define HF_TEST_VA_ZONEFILE_H

#include <ldns/ldns.h>

#include "lib/wire/rdata.h"
#include "tests/unit/support/va_signer.h"

enum { VA_ZONEFILE_SETS = 96, VA_ZONEFILE_RDATA = 4096 };

struct va_zonefile {
	struct va_box sets[VA_ZONEFILE_SETS];
	unsigned set_cnt;
};

/* The RRset of that owner and type; NULL when the zone has none. */
static inline struct va_box *
va_zonefile_find(struct va_zonefile *z, const struct hf_name *owner, uint16_t type)
{
	for (unsigned i = 0; i < z->set_cnt; i++)
		if (z->sets[i].set.type == type && hf_name_equal(&z->sets[i].set.owner, owner))
			return &z->sets[i];
	return NULL;
}

/* The same, made when it is not there. */
static inline struct va_box *
va_zonefile_box(struct va_zonefile *z, const struct hf_name *owner, uint16_t type)
{
	struct va_box *b = va_zonefile_find(z, owner, type);
	char text[HF_NAME_TEXT_LEN];

	if (b != NULL)
		return b;
	VA_REQUIRE(z->set_cnt < VA_ZONEFILE_SETS);
	b = &z->sets[z->set_cnt++];
	va_box_init(b, hf_name_to_text(owner, text), type, 3600);
	return b;
}

static inline void
va_zonefile_load_rr(struct va_zonefile *z, const ldns_rr *rr)
{
	uint8_t *wire = NULL, rdata[VA_ZONEFILE_RDATA];
	struct hf_cursor c;
	struct hf_rr r;
	size_t len = 0;

	VA_REQUIRE(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &len) == LDNS_STATUS_OK);
	hf_cursor_init(&c, wire, len);
	hf_rr_read(&c, &r);
	VA_REQUIRE(hf_cursor_ok(&c));
	ssize_t n = hf_rdata_expand(wire, len, &r, rdata, sizeof(rdata));
	VA_REQUIRE(n >= 0);
	if (r.type == HF_TYPE_RRSIG)
		va_box_add_sig(va_zonefile_box(z, &r.owner, (uint16_t)(rdata[0] << 8 | rdata[1])),
		    rdata, (size_t)n);
	else
		va_box_add(va_zonefile_box(z, &r.owner, r.type), rdata, (size_t)n);
	free(wire);
}

static inline void
va_zonefile_load(struct va_zonefile *z, const char *path)
{
	ldns_zone *parsed = NULL;
	FILE *f = fopen(path, "r");

	VA_REQUIRE(f != NULL);
	VA_REQUIRE(
	    ldns_zone_new_frm_fp(&parsed, f, NULL, 3600, LDNS_RR_CLASS_IN) == LDNS_STATUS_OK);
	fclose(f);
	z->set_cnt = 0;
	va_zonefile_load_rr(z, ldns_zone_soa(parsed));
	for (size_t i = 0; i < ldns_rr_list_rr_count(ldns_zone_rrs(parsed)); i++)
		va_zonefile_load_rr(z, ldns_rr_list_rr(ldns_zone_rrs(parsed), i));
	ldns_zone_deep_free(parsed);
}

#endif
