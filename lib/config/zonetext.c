/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/config/zonetext.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/rdatatext.h"
#include "lib/base/units.h"
#include "lib/wire/rdata.h"

enum { TOKEN_MAX = 1020, TOKENS_PER_RR_MAX = 64, ARENA_OCTETS = 4 << 20 };

struct place {
	unsigned line, col;
};

/* The tokens of one entry; an entry ends with its line unless a parenthesis is open. */
struct entry {
	size_t cnt;
	bool blank_owner;
	struct place at[TOKENS_PER_RR_MAX];
	char *token[TOKENS_PER_RR_MAX];
	char text[TOKENS_PER_RR_MAX * 128];
};

struct reader {
	struct hf_zonetext *z;
	const char *text;
	size_t len, off;
	struct place here;
	unsigned depth; /* open parentheses: 0 or 1 */
	struct hf_name owner;
	bool has_owner;
};

__attribute__((format(printf, 3, 4))) static int
fail(struct hf_zonetext *z, struct place p, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(z->err, sizeof(z->err), "%s:%u:%u: ", z->name, p.line, p.col);

	if (n < 0 || (size_t)n >= sizeof(z->err))
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(z->err + n, sizeof(z->err) - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

void
hf_rrsets_init(struct hf_rrsets *s)
{
	memset(s, 0, sizeof(*s));
	hf_arena_init(&s->arena, ARENA_OCTETS);
}

void
hf_rrsets_fini(struct hf_rrsets *s)
{
	hf_arena_fini(&s->arena);
	s->sets = NULL;
	s->cnt = s->room = 0;
}

/* --- tokens ------------------------------------------------------------------------------- */

static int
peek(const struct reader *r)
{
	return r->off < r->len ? (unsigned char)r->text[r->off] : -1;
}

static void
step(struct reader *r)
{
	if (r->text[r->off] == '\n') {
		r->here.line++;
		r->here.col = 1;
	} else {
		r->here.col++;
	}
	r->off++;
}

static void
skip_comment(struct reader *r)
{
	while (peek(r) >= 0 && peek(r) != '\n')
		step(r);
}

static bool
is_token_char(int c)
{
	return c > ' ' && c < 0x7f && c != ';' && c != '(' && c != ')' && c != '"';
}

static bool
is_quoted_char(int c)
{
	return c >= ' ' && c < 0x7f && c != '"';
}

/* A word, or a string in quotes; its escapes are left to whoever reads it. */
static int
read_token(struct reader *r, struct entry *e, size_t *used)
{
	struct place start = r->here;
	bool quoted = peek(r) == '"';

	if (quoted)
		step(r);
	size_t begin = r->off;

	while (quoted ? is_quoted_char(peek(r)) : is_token_char(peek(r))) {
		bool escape = peek(r) == '\\';

		step(r);
		if (escape && peek(r) > ' ' && peek(r) < 0x7f)
			step(r);
	}
	size_t len = r->off - begin;

	if (quoted && peek(r) != '"')
		return fail(r->z, start, "a string that does not end");
	if (quoted)
		step(r);
	if (len > TOKEN_MAX)
		return fail(r->z, start, "a word of more than %d characters", TOKEN_MAX);
	if (e->cnt == TOKENS_PER_RR_MAX || *used + len + 1 > sizeof(e->text))
		return fail(r->z, start, "an entry of too many words");
	char *t = e->text + *used;
	memcpy(t, r->text + begin, len);
	t[len] = '\0';
	*used += len + 1;
	e->token[e->cnt] = t;
	e->at[e->cnt++] = start;
	return 0;
}

static int
parenthesis(struct reader *r, int c)
{
	if (c == '(' && r->depth != 0)
		return fail(r->z, r->here, "a parenthesis within parentheses");
	if (c == ')' && r->depth == 0)
		return fail(r->z, r->here, "')' without '('");
	r->depth = c == '(';
	step(r);
	return 0;
}

/* The next entry. 1 when there is one, 0 at the end, -EINVAL. Every turn takes at least
 * one octet, so the loop ends with the text. */
static int
next_entry(struct reader *r, struct entry *e)
{
	size_t used = 0;
	int c, rc = 0;

	e->cnt = 0;
	e->blank_owner = peek(r) == ' ' || peek(r) == '\t';
	while (rc == 0 && (c = peek(r)) >= 0) {
		if (c == '\n' && r->depth == 0) {
			step(r);
			if (e->cnt > 0)
				return 1;
			e->blank_owner = peek(r) == ' ' || peek(r) == '\t';
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			step(r);
		} else if (c == ';') {
			skip_comment(r);
		} else if (c == '(' || c == ')') {
			rc = parenthesis(r, c);
		} else if (is_token_char(c) || c == '"') {
			rc = read_token(r, e, &used);
		} else {
			rc = fail(r->z, r->here, "unexpected octet 0x%02x", (unsigned)c);
		}
	}
	if (rc == 0 && r->depth != 0)
		rc = fail(r->z, r->here, "the file ends within parentheses");
	return rc < 0 ? rc : e->cnt > 0;
}

/* --- records ------------------------------------------------------------------------------ */

/* The word of an entry by its number; the last one for what is missing behind it. */
static struct place
word_place(const struct entry *e, size_t i)
{
	return e->at[i < e->cnt ? i : e->cnt - 1];
}

static int
read_name(struct hf_zonetext *z, const char *text, struct place at, struct hf_name *n)
{
	size_t len = strlen(text);

	if (len == 0 || text[len - 1] != '.' || (len > 1 && text[len - 2] == '\\'))
		return fail(z, at, "name \"%.80s\" does not end in a dot", text);
	if (hf_name_from_text(text, n) != 0)
		return fail(z, at, "\"%.80s\" is not a name", text);
	return 0;
}

static bool
type_allowed(const struct hf_zonetext *z, uint16_t type)
{
	if (z->types == NULL)
		return !hf_type_is_meta(type);
	for (const uint16_t *t = z->types; *t != 0; t++) {
		if (*t == type)
			return true;
	}
	return false;
}

static int
read_owner(struct reader *r, const struct entry *e, size_t *i)
{
	if (e->token[0][0] == '$')
		return fail(r->z, e->at[0], "directive \"%.80s\" is not allowed", e->token[0]);
	if (e->blank_owner) {
		if (!r->has_owner)
			return fail(r->z, e->at[0], "no owner name");
		return 0;
	}
	r->has_owner = true;
	*i = 1;
	return read_name(r->z, e->token[0], e->at[0], &r->owner);
}

/* TTL and class, each at most once, in any order (RFC 1035 5.1). */
static int
read_ttl_class(struct reader *r, const struct entry *e, size_t *i, uint32_t *ttl)
{
	bool has_ttl = false, has_class = false;
	uint64_t v;

	for (; *i < e->cnt; (*i)++) {
		const char *t = e->token[*i];

		if (!has_class && strcasecmp(t, "IN") == 0) {
			has_class = true;
		} else if (!has_ttl && isdigit((unsigned char)t[0])) {
			if (hf_uint_from_text(t, INT32_MAX, &v) != 0)
				return fail(r->z, e->at[*i], "\"%.80s\" is not a TTL", t);
			*ttl = (uint32_t)v;
			has_ttl = true;
		} else {
			return 0;
		}
	}
	return fail(r->z, e->at[e->cnt - 1], "no type");
}

static int
read_rr(struct reader *r, const struct entry *e, struct hf_zonetext_rr *rr)
{
	size_t i = 0;
	int rc = read_owner(r, e, &i);

	rr->ttl = HF_ZONETEXT_TTL_DEFAULT;
	if (rc == 0)
		rc = read_ttl_class(r, e, &i, &rr->ttl);
	if (rc != 0)
		return rc;
	if (hf_type_from_text(e->token[i], &rr->type) != 0 || !type_allowed(r->z, rr->type))
		return fail(
		    r->z, e->at[i], "\"%.80s\" is not a type that belongs here", e->token[i]);
	rr->owner = r->owner;
	i++;
	rr->data.word = e->token + i;
	rr->data.cnt = e->cnt - i;
	rr->data.believed = r->z->believed;
	if (cp_rdata_from_words(rr->type, &rr->data) != 0)
		return fail(r->z, word_place(e, i + rr->data.bad), "%s", rr->data.err);
	return 0;
}

static struct hf_rrset *
find_set(struct hf_rrsets *s, const struct hf_zonetext_rr *rr)
{
	for (size_t i = 0; i < s->cnt; i++) {
		if (s->sets[i].type == rr->type && hf_name_equal(&s->sets[i].owner, &rr->owner))
			return &s->sets[i];
	}
	return NULL;
}

static struct hf_rrset *
add_set(struct hf_rrsets *s, const struct hf_zonetext_rr *rr)
{
	if (s->cnt == s->room) {
		size_t room = s->room < 16 ? 16 : 2 * s->room;
		struct hf_rrset *grown = hf_arena_alloc(&s->arena, room * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		if (s->cnt > 0)
			memcpy(grown, s->sets, s->cnt * sizeof(*grown));
		s->sets = grown;
		s->room = room;
	}
	struct hf_rrset *set = &s->sets[s->cnt++];

	set->owner = rr->owner;
	set->type = rr->type;
	set->klass = HF_CLASS_IN;
	set->ttl = rr->ttl;
	return set;
}

static bool
set_has(const struct hf_rrset *set, const struct hf_zonetext_rr *rr)
{
	for (uint16_t i = 0; i < set->rr_cnt; i++) {
		if (set->rr[i].len == rr->data.len &&
		    memcmp(set->rr[i].data, rr->data.rdata, rr->data.len) == 0)
			return true;
	}
	return false;
}

static int
add_rr(struct hf_rrsets *s, const struct hf_zonetext_rr *rr)
{
	struct hf_rrset *set = find_set(s, rr);

	if (set == NULL)
		set = add_set(s, rr);
	if (set == NULL)
		return -ENOMEM;
	if (rr->ttl < set->ttl)
		set->ttl = rr->ttl;
	if (set_has(set, rr))
		return 0;
	struct hf_rdata *list = hf_arena_alloc(&s->arena, (set->rr_cnt + 1u) * sizeof(*list));
	uint8_t *data = hf_arena_copy(&s->arena, rr->data.rdata, rr->data.len);
	if (list == NULL || data == NULL)
		return -ENOMEM;
	if (set->rr_cnt > 0)
		memcpy(list, set->rr, set->rr_cnt * sizeof(*list));
	list[set->rr_cnt++] = (struct hf_rdata){.data = data, .len = (uint16_t)rr->data.len};
	set->rr = list;
	return 0;
}

int
hf_zonetext_each(struct hf_zonetext *z, const char *text, size_t len, hf_zonetext_fn fn, void *arg)
{
	struct reader r = {.z = z, .text = text, .len = len, .here = {1, 1}};
	size_t rr_max = z->rr_max != 0 ? z->rr_max : HF_ZONETEXT_RR_MAX;
	struct entry *e = malloc(sizeof(*e));
	struct hf_zonetext_rr *rr = malloc(sizeof(*rr));
	int rc = e == NULL || rr == NULL ? -ENOMEM : 0;

	z->err[0] = '\0';
	z->rr_cnt = 0;
	while (rc == 0 && (rc = next_entry(&r, e)) == 1) {
		rc = read_rr(&r, e, rr);
		if (rc == 0 && ++z->rr_cnt > rr_max)
			rc = fail(z, e->at[0], "more than %zu records", rr_max);
		if (rc == 0)
			rc = fn(arg, rr);
	}
	if (rc != 0 && z->err[0] == '\0')
		snprintf(z->err, sizeof(z->err), "%s: %s", z->name,
		    rc == -ENOMEM ? "out of memory" : "a record that does not belong here");
	free(rr);
	free(e);
	return rc;
}

static int
add_one(void *arg, const struct hf_zonetext_rr *rr)
{
	return add_rr(arg, rr);
}

int
hf_zonetext_parse(struct hf_zonetext *z, const char *text, size_t len, struct hf_rrsets *out)
{
	return hf_zonetext_each(z, text, len, add_one, out);
}

int
hf_zonetext_load_each(struct hf_zonetext *z, hf_zonetext_fn fn, void *arg)
{
	size_t max = z->octets_max != 0 ? z->octets_max : HF_ZONETEXT_FILE_MAX;
	char *text = malloc(max + 1);
	FILE *f = fopen(z->name, "re");
	int rc = text == NULL ? -ENOMEM : f == NULL ? -errno : 0;

	if (rc == 0) {
		size_t len = fread(text, 1, max + 1, f);
		if (ferror(f))
			rc = -EIO;
		else if (len > max)
			rc = -EFBIG;
		else
			rc = hf_zonetext_each(z, text, len, fn, arg);
	}
	if (rc != 0 && rc != -EINVAL)
		snprintf(z->err, sizeof(z->err), "%s: %s", z->name, strerror(-rc));
	if (f != NULL)
		fclose(f);
	free(text);
	return rc;
}

int
hf_zonetext_load(struct hf_zonetext *z, struct hf_rrsets *out)
{
	return hf_zonetext_load_each(z, add_one, out);
}
