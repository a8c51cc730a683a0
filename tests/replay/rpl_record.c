/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/rpl_record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "lib/wire/rdata.h"

enum { GENERIC_MAX = HF_RDATA_MAX, RRSIG_WORDS = 9 };

static char *
word(char **at)
{
	char *p = *at + strspn(*at, " \t");
	char *end = p + strcspn(p, " \t");

	if (*p == '\0')
		return NULL;
	*at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return p;
}

static bool
is_number(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool
class_of(const char *s, uint16_t *klass)
{
	static const struct {
		const char *name;
		uint16_t klass;
	} table[] = {{"IN", HF_CLASS_IN}, {"CH", HF_CLASS_CH}, {"HS", HF_CLASS_HS}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcasecmp(s, table[i].name) == 0) {
			*klass = table[i].klass;
			return true;
		}
	}
	if (strncasecmp(s, "CLASS", 5) == 0 && is_number(s + 5)) {
		*klass = (uint16_t)strtoul(s + 5, NULL, 10);
		return true;
	}
	return false;
}

/* "www.de." absolute, "www" and "@" relative to the origin. */
static bool
name_of(const struct rpl_origin *o, const char *text, struct hf_name *n)
{
	char whole[HF_NAME_TEXT_LEN * 2], origin[HF_NAME_TEXT_LEN];
	size_t len = strlen(text);

	if (strcmp(text, "@") == 0) {
		*n = o->name;
		return true;
	}
	if (text[len - 1] == '.' || o->name.len == 1)
		return hf_name_from_text(text, n) == 0;
	snprintf(whole, sizeof(whole), "%s.%s", text, hf_name_to_text(&o->name, origin));
	return hf_name_from_text(whole, n) == 0;
}

struct head {
	struct hf_name owner;
	uint16_t type, klass;
	uint32_t ttl;
	bool has_ttl;
};

/* Everything before RDATA; *rest is moved there. */
static const char *
head_read(const struct rpl_origin *o, char **rest, struct head *h)
{
	char *w = word(rest);

	*h = (struct head){.klass = HF_CLASS_IN, .ttl = o->ttl};
	if (w == NULL || !name_of(o, w, &h->owner))
		return "no owner name";
	while ((w = word(rest)) != NULL) {
		/* ANY is also a class (RFC 1035 3.2.5): the second of two is the type. */
		bool any = strcasecmp(w, "ANY") == 0 && **rest != '\0';

		if (any)
			h->klass = HF_CLASS_ANY;
		if (any || class_of(w, &h->klass))
			continue;
		if (!is_number(w))
			return hf_type_from_text(w, &h->type) == 0 ? NULL : "unknown type";
		h->ttl = (uint32_t)strtoul(w, NULL, 10);
		h->has_ttl = true;
	}
	return "no type";
}

const char *
rpl_question_read(const struct rpl_origin *o, char *text, struct hf_question *q)
{
	struct head h;
	const char *why = head_read(o, &text, &h);

	if (why == NULL)
		*q = (struct hf_question){.name = h.owner, .type = h.type, .klass = h.klass};
	return why;
}

const char *
rpl_hex_append(struct hf_arena *a, const char *text, struct rpl_blob *b)
{
	uint8_t *out = hf_arena_alloc(a, b->len + strlen(text) / 2 + 1);
	unsigned half = 0, digits = 0;
	size_t len = b->len;

	if (out == NULL)
		return "out of memory";
	if (b->len > 0)
		memcpy(out, b->data, b->len);
	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text))
			continue;
		if (!isxdigit((unsigned char)*text))
			return "not a hex digit";
		half = half << 4 |
		    (unsigned)(isdigit((unsigned char)*text)
			    ? *text - '0'
			    : tolower((unsigned char)*text) - 'a' + 10);
		if (++digits % 2 == 0)
			out[len++] = (uint8_t)half;
	}
	if (digits % 2 != 0)
		return "half an octet";
	b->given = true;
	b->data = out;
	b->len = len;
	return NULL;
}

/* RFC 3597 5: \# length hex. */
static const char *
generic_read(char *text, struct hf_arena *a, struct rpl_rr *rr)
{
	struct rpl_blob b = {0};
	char *w = word(&text);
	const char *why;

	if (w == NULL || !is_number(w))
		return "no RDATA length after \\#";
	why = rpl_hex_append(a, text, &b);
	if (why != NULL)
		return why;
	if (b.len != strtoul(w, NULL, 10) || b.len > GENERIC_MAX)
		return "RDATA length after \\# is not the length";
	rr->rdata = b.data;
	rr->len = (uint16_t)b.len;
	return NULL;
}

/* RDATA of an ldns record is what stands behind its owner and ten octets. */
static const char *
rdata_take(const ldns_rr *from, struct hf_arena *a, struct rpl_rr *rr)
{
	ldns_buffer *buf = ldns_buffer_new(LDNS_MAX_PACKETLEN);
	const char *why = "RDATA cannot be made";

	if (buf == NULL)
		return "out of memory";
	for (size_t i = 0; i < ldns_rr_rd_count(from); i++)
		if (ldns_rdf2buffer_wire(buf, ldns_rr_rdf(from, i)) != LDNS_STATUS_OK)
			goto out;
	rr->len = (uint16_t)ldns_buffer_position(buf);
	rr->rdata = hf_arena_copy(a, ldns_buffer_begin(buf), rr->len);
	why = rr->rdata != NULL ? NULL : "out of memory";
out:
	ldns_buffer_free(buf);
	return why;
}

/* The words of RDATA for ldns. It does not know the name of every type that a signature may
 * cover, and no signature without octets: that one gets an octet, to be taken off again. */
static bool
rdata_words(const struct rpl_rr *rr, const char *text, char *out, size_t cap)
{
	char covered[HF_TYPE_TEXT_LEN + 1];
	size_t len = strcspn(text, " ");
	uint16_t type;
	unsigned words = 0;

	snprintf(out, cap, "%s", text);
	if (rr->type != HF_TYPE_RRSIG || len == 0 || len >= sizeof(covered))
		return false;
	snprintf(covered, sizeof(covered), "%.*s", (int)len, text);
	if (hf_type_from_text(covered, &type) != 0)
		return false;
	for (const char *p = text; *p != '\0'; p += strcspn(p, " "), p += strspn(p, " "))
		words++;
	bool no_sig = words == RRSIG_WORDS - 1;

	snprintf(out, cap, "TYPE%u%s%s", type, text + len, no_sig ? " AA==" : "");
	return no_sig;
}

static const char *
ldns_read(const struct rpl_origin *o, const char *text, struct hf_arena *a, struct rpl_rr *rr)
{
	char type[HF_TYPE_TEXT_LEN], origin_text[HF_NAME_TEXT_LEN];
	char *line = malloc(RPL_LINE_MAX), *words = malloc(RPL_LINE_MAX);
	bool one_more = false;
	ldns_rdf *origin, *prev = NULL;
	ldns_rr *got = NULL;
	const char *why = "ldns cannot read the RDATA";

	hf_name_to_text(&o->name, origin_text);
	origin = ldns_dname_new_frm_str(origin_text);
	if (line == NULL || words == NULL || origin == NULL)
		goto out;
	one_more = rdata_words(rr, text, words, RPL_LINE_MAX);
	snprintf(line, RPL_LINE_MAX, "o. 1 IN %s %s", hf_type_to_text(rr->type, type), words);
	if (ldns_rr_new_frm_str(&got, line, 1, origin, &prev) == LDNS_STATUS_OK)
		why = rdata_take(got, a, rr);
	if (why == NULL && one_more)
		rr->len--;
out:
	ldns_rr_free(got);
	ldns_rdf_deep_free(prev);
	ldns_rdf_deep_free(origin);
	free(line);
	free(words);
	return why;
}

const char *
rpl_record_read(const struct rpl_origin *o, char *text, struct hf_arena *a, struct rpl_rr *rr)
{
	struct head h;
	const char *why = head_read(o, &text, &h);

	if (why != NULL)
		return why;
	*rr = (struct rpl_rr){
	    .owner = h.owner, .type = h.type, .klass = h.klass, .ttl = h.ttl, .has_ttl = h.has_ttl};
	text += strspn(text, " \t");
	if (strncmp(text, "\\#", 2) == 0)
		return generic_read(text + 2, a, rr);
	return ldns_read(o, text, a, rr);
}
