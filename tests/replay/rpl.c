/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/replay/rpl.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ns.h"
#include "tests/replay/rpl_record.h"

enum { ARENA_MAX = 64 * 1024 * 1024, WORDS_MAX = 64 };

/* Where the reader is. */
enum place { HEAD, BODY, IN_RANGE, IN_ENTRY, OVER };

struct reader {
	struct rpl *s;
	enum place place, outer; /* outer: where ENTRY_END leads back to */
	unsigned line;
	struct rpl_origin origin;
	struct rpl_range *range, **range_end;
	struct rpl_step *step, **step_end;
	struct rpl_setting **setting_end;
	struct rpl_entry *entry, **entry_end;
	int section;          /* of the entry: -1 question, else enum hf_section; -2 none yet */
	struct rpl_blob *hex; /* being read, or NULL */
	bool hex_one_line;    /* RAW has a single line and no end word */
	bool bad;
};

struct words {
	unsigned cnt;
	char *w[WORDS_MAX];
};

static void __attribute__((format(printf, 2, 3))) complain(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->bad)
		return;
	r->bad = true;
	int len = snprintf(r->s->why, sizeof(r->s->why), "line %u: ", r->line);
	va_start(ap, fmt);
	vsnprintf(r->s->why + len, sizeof(r->s->why) - (size_t)len, fmt, ap);
	va_end(ap);
}

static void *
need(struct reader *r, size_t len)
{
	void *p = hf_arena_alloc(&r->s->arena, len);

	if (p == NULL)
		complain(r, "out of memory");
	return p;
}

static char *
keep_text(struct reader *r, const char *text)
{
	return hf_arena_copy(&r->s->arena, text, strlen(text) + 1);
}

/* Up to a comment that is not inside quotes; parentheses, which only join lines, go; blanks at
 * both ends go. */
static char *
tidy(char *line)
{
	bool quoted = false;
	char *p, *end;

	for (p = line; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
			continue;
		}
		if (*p == '"')
			quoted = !quoted;
		if (!quoted && *p == ';')
			break;
		if (!quoted && (*p == '(' || *p == ')'))
			*p = ' ';
	}
	*p = '\0';
	while (isspace((unsigned char)*line))
		line++;
	for (end = line + strlen(line); end > line && isspace((unsigned char)end[-1]); end--)
		;
	*end = '\0';
	for (p = line; *p != '\0'; p++)
		if (*p == '\t')
			*p = ' ';
	return line;
}

static void
split(char *text, struct words *w)
{
	char *save = NULL;

	w->cnt = 0;
	for (char *p = strtok_r(text, " ", &save); p != NULL && w->cnt < WORDS_MAX;
	     p = strtok_r(NULL, " ", &save))
		w->w[w->cnt++] = p;
}

/* --- MATCH, ADJUST, REPLY ------------------------------------------------------------------ */

struct bit {
	const char *word;
	uint32_t bit;
};

static const struct bit match_bits[] = {
    {"opcode", RPL_MATCH_OPCODE},
    {"qtype", RPL_MATCH_QTYPE},
    {"qname", RPL_MATCH_QNAME},
    {"qcase", RPL_MATCH_QCASE},
    {"subdomain", RPL_MATCH_SUBDOMAIN},
    {"question", RPL_MATCH_QNAME | RPL_MATCH_QTYPE},
    {"flags", RPL_MATCH_FLAGS},
    {"rcode", RPL_MATCH_RCODE},
    {"answer", RPL_MATCH_ANSWER},
    {"authority", RPL_MATCH_AUTHORITY},
    {"additional", RPL_MATCH_ADDITIONAL},
    {"answertypes", RPL_MATCH_ANSWERTYPES},
    {"answerrrsigs", RPL_MATCH_ANSWERRRSIGS},
    {"ttl", RPL_MATCH_TTL},
    {"ede=any", RPL_MATCH_EDE_ANY},
    {"UDP", RPL_MATCH_UDP},
    {"TCP", RPL_MATCH_TCP},
    {"DO", RPL_MATCH_DO},
    {"noedns", RPL_MATCH_NOEDNS},
    {"ednsdata", RPL_MATCH_EDNSDATA},
    {"nsid", RPL_MATCH_NSID},
    {"edns", RPL_MATCH_EDNS},
    {"all", RPL_MATCH_ALL},
    {"all_noedns", RPL_MATCH_ALL},
    {NULL, 0},
};

static const struct bit adjust_bits[] = {
    {"copy_id", RPL_ADJUST_COPY_ID},
    {"copy_query", RPL_ADJUST_COPY_QUERY},
    {"do_not_answer", RPL_ADJUST_NO_ANSWER},
    {"raw_id", RPL_ADJUST_RAW_ID},
    {NULL, 0},
};

static const struct bit flag_bits[] = {
    {"QR", HF_FLAG_QR},
    {"AA", HF_FLAG_AA},
    {"TC", HF_FLAG_TC},
    {"RD", HF_FLAG_RD},
    {"RA", HF_FLAG_RA},
    {"AD", HF_FLAG_AD},
    {"CD", HF_FLAG_CD},
    {NULL, 0},
};

static const struct bit rcodes[] = {
    {"NOERROR", 0},
    {"FORMERR", 1},
    {"SERVFAIL", 2},
    {"NXDOMAIN", 3},
    {"NOTIMP", 4},
    {"NOTIMPL", 4},
    {"REFUSED", 5},
    {"YXDOMAIN", 6},
    {"YXRRSET", 7},
    {"NXRRSET", 8},
    {"NOTAUTH", 9},
    {"NOTZONE", 10},
    {"BADVERS", 16},
    {"BADCOOKIE", 23},
    {NULL, 0},
};

static const struct bit opcodes[] = {
    {"QUERY", HF_OPCODE_QUERY},
    {"IQUERY", HF_OPCODE_IQUERY},
    {"STATUS", HF_OPCODE_STATUS},
    {"NOTIFY", HF_OPCODE_NOTIFY},
    {"UPDATE", HF_OPCODE_UPDATE},
    {NULL, 0},
};

static const struct bit *
bit_of(const struct bit *table, const char *word)
{
	for (; table->word != NULL; table++)
		if (strcmp(table->word, word) == 0)
			return table;
	return NULL;
}

static void
match_read(struct reader *r, const struct words *w)
{
	r->entry->has_match = true;
	for (unsigned i = 1; i < w->cnt && !r->bad; i++) {
		const struct bit *b = bit_of(match_bits, w->w[i]);
		char *end;

		if (b != NULL) {
			r->entry->match |= b->bit;
		} else if (strncmp(w->w[i], "ede=", 4) == 0) {
			r->entry->match |= RPL_MATCH_EDE;
			r->entry->ede = (uint16_t)strtoul(w->w[i] + 4, &end, 10);
			if (end == w->w[i] + 4 || *end != '\0')
				complain(r, "MATCH %s", w->w[i]);
		} else {
			complain(r, "MATCH %s", w->w[i]);
		}
	}
}

static void
adjust_read(struct reader *r, const struct words *w)
{
	for (unsigned i = 1; i < w->cnt; i++) {
		const struct bit *b = bit_of(adjust_bits, w->w[i]);

		if (b == NULL)
			complain(r, "ADJUST %s", w->w[i]);
		else
			r->entry->adjust |= b->bit;
	}
}

static void
reply_read(struct reader *r, const struct words *w)
{
	struct rpl_entry *e = r->entry;

	for (unsigned i = 1; i < w->cnt; i++) {
		const struct bit *flag = bit_of(flag_bits, w->w[i]);
		const struct bit *rcode = bit_of(rcodes, w->w[i]);
		const struct bit *opcode = bit_of(opcodes, w->w[i]);

		if (flag != NULL)
			e->flags |= (uint16_t)flag->bit;
		else if (rcode != NULL)
			e->rcode = (uint16_t)rcode->bit;
		else if (opcode != NULL)
			e->opcode = (uint16_t)opcode->bit;
		else if (strcmp(w->w[i], "DO") == 0)
			e->dnssec_ok = true;
		else
			complain(r, "%s %s", w->w[0], w->w[i]);
	}
}

/* --- sections and hex ---------------------------------------------------------------------- */

static void
section_read(struct reader *r, const struct words *w)
{
	static const char *const names[HF_SECTION_CNT] = {"ANSWER", "AUTHORITY", "ADDITIONAL"};

	if (w->cnt == 2 && strcmp(w->w[1], "QUESTION") == 0) {
		r->section = -1;
		r->entry->question_given = true;
		return;
	}
	for (int i = 0; w->cnt == 2 && i < HF_SECTION_CNT; i++) {
		if (strcmp(w->w[1], names[i]) == 0) {
			r->section = i;
			r->entry->section[i].given = true;
			return;
		}
	}
	complain(r, "SECTION %s", w->cnt > 1 ? w->w[1] : "");
}

static void
record_add(struct reader *r, char *text)
{
	struct rpl_section *sec = &r->entry->section[r->section];
	struct rpl_rr *more;
	const char *why;

	/* The array doubles at powers of two. */
	if ((sec->cnt & (sec->cnt - 1)) == 0) {
		more = need(r, (sec->cnt == 0 ? 1 : sec->cnt * 2) * sizeof(*more));
		if (more == NULL)
			return;
		if (sec->cnt > 0)
			memcpy(more, sec->rr, sec->cnt * sizeof(*more));
		sec->rr = more;
	}
	why = rpl_record_read(&r->origin, text, &r->s->arena, &sec->rr[sec->cnt]);
	if (why != NULL)
		complain(r, "record: %s", why);
	else
		sec->cnt++;
}

static void
data_read(struct reader *r, char *text)
{
	struct rpl_entry *e = r->entry;
	const char *why;

	if (r->section == -2) {
		complain(r, "unknown directive %.*s", (int)strcspn(text, " "), text);
		return;
	}
	if (r->section >= 0) {
		record_add(r, text);
		return;
	}
	if (e->question_cnt > 0) {
		complain(r, "more than one question");
		return;
	}
	why = rpl_question_read(&r->origin, text, &e->question);
	if (why != NULL)
		complain(r, "question: %s", why);
	e->question_cnt = 1;
}

/* True when the line belongs to a block of hex. */
static bool
hex_read(struct reader *r, const char *text)
{
	const char *why;

	if (r->hex == NULL)
		return false;
	if (strcmp(text, "HEX_ANSWER_END") == 0 || strcmp(text, "HEX_EDNSDATA_END") == 0 ||
	    strcmp(text, "HEX_EDNS_END") == 0) {
		r->hex = NULL;
		return true;
	}
	if (r->hex_one_line && strcmp(text, "ENTRY_END") == 0) {
		r->hex = NULL;
		return false;
	}
	why = rpl_hex_append(&r->s->arena, text, r->hex);
	if (why != NULL)
		complain(r, "hex: %s", why);
	if (r->hex_one_line)
		r->hex = NULL;
	return true;
}

static bool
hex_begin(struct reader *r, const char *word)
{
	struct rpl_entry *e = r->entry;

	if (strcmp(word, "RAW") == 0 || strcmp(word, "HEX_ANSWER_BEGIN") == 0)
		r->hex = &e->raw;
	else if (strcmp(word, "HEX_EDNSDATA_BEGIN") == 0 || strcmp(word, "HEX_EDNS_BEGIN") == 0)
		r->hex = &e->edns_data;
	else
		return false;
	r->hex->given = true;
	r->hex_one_line = strcmp(word, "RAW") == 0;
	return true;
}

/* --- entries ------------------------------------------------------------------------------- */

static void
entry_begin(struct reader *r)
{
	struct rpl_entry *e = need(r, sizeof(*e));

	if (e == NULL)
		return;
	if (r->place == BODY && (r->step == NULL || r->step->entry != NULL)) {
		complain(r, "an entry that belongs to no step");
		return;
	}
	e->line = r->line;
	r->entry = e;
	r->outer = r->place;
	r->section = -2;
	r->place = IN_ENTRY;
	r->origin = (struct rpl_origin){.name = hf_name_root, .ttl = RPL_TTL_DEFAULT};
	if (r->outer == IN_RANGE) {
		*r->entry_end = e;
		r->entry_end = &e->next;
	} else {
		r->step->entry = e;
	}
}

/* `all`: flags, rcode and every section that is written down; the answer section always. */
static void
match_widen(struct rpl_entry *e)
{
	static const uint32_t of_section[HF_SECTION_CNT] = {
	    RPL_MATCH_ANSWER, RPL_MATCH_AUTHORITY, RPL_MATCH_ADDITIONAL};

	if (!e->has_match)
		e->match = RPL_MATCH_OPCODE | RPL_MATCH_QTYPE | RPL_MATCH_QNAME;
	if ((e->match & RPL_MATCH_ALL) == 0)
		return;
	e->match |= RPL_MATCH_OPCODE | RPL_MATCH_FLAGS | RPL_MATCH_RCODE | RPL_MATCH_ANSWER;
	if (e->question_given)
		e->match |= RPL_MATCH_QNAME | RPL_MATCH_QTYPE;
	for (int i = 0; i < HF_SECTION_CNT; i++)
		if (e->section[i].given)
			e->match |= of_section[i];
}

static void
entry_end(struct reader *r)
{
	match_widen(r->entry);
	r->entry = NULL;
	r->place = r->outer;
}

static void
origin_read(struct reader *r, const struct words *w)
{
	if (w->cnt == 2 && strcmp(w->w[0], "$TTL") == 0)
		r->origin.ttl = (uint32_t)strtoul(w->w[1], NULL, 10);
	else if (w->cnt != 2 || hf_name_from_text(w->w[1], &r->origin.name) != 0)
		complain(r, "%s", w->w[0]);
}

static void
entry_line(struct reader *r, char *text)
{
	char copy[RPL_LINE_MAX];
	struct words w;

	if (hex_read(r, text))
		return;
	snprintf(copy, sizeof(copy), "%s", text);
	split(copy, &w);
	if (strcmp(w.w[0], "ENTRY_END") == 0)
		entry_end(r);
	else if (strcmp(w.w[0], "MATCH") == 0)
		match_read(r, &w);
	else if (strcmp(w.w[0], "ADJUST") == 0)
		adjust_read(r, &w);
	else if (strcmp(w.w[0], "REPLY") == 0 || strcmp(w.w[0], "FLAGS") == 0)
		reply_read(r, &w);
	else if (strcmp(w.w[0], "SECTION") == 0)
		section_read(r, &w);
	else if (strcmp(w.w[0], "MANDATORY") == 0)
		r->entry->mandatory = true;
	else if (w.w[0][0] == '$')
		origin_read(r, &w);
	else if (!hex_begin(r, w.w[0]))
		data_read(r, text);
}

/* --- ranges and steps ---------------------------------------------------------------------- */

static void
range_addr(struct reader *r, const struct words *w, unsigned from)
{
	struct rpl_range *g = r->range;

	for (unsigned i = from; i < w->cnt; i++) {
		if (g->addr_cnt == RPL_ADDR_MAX ||
		    hf_addr_from_text(w->w[i], &g->addr[g->addr_cnt]) != 0)
			complain(r, "ADDRESS %s", w->w[i]);
		else
			g->addr_cnt++;
	}
}

static void
range_begin(struct reader *r, const struct words *w)
{
	struct rpl_range *g = need(r, sizeof(*g));
	char *end1, *end2;

	if (g == NULL || w->cnt < 3) {
		complain(r, "RANGE_BEGIN without two steps");
		return;
	}
	g->first = strtol(w->w[1], &end1, 10);
	g->last = strtol(w->w[2], &end2, 10);
	if (*end1 != '\0' || *end2 != '\0' || g->first > g->last) {
		complain(r, "RANGE_BEGIN %s %s", w->w[1], w->w[2]);
		return;
	}
	*r->range_end = g;
	r->range_end = &g->next;
	r->range = g;
	r->entry_end = &g->entries;
	r->place = IN_RANGE;
	range_addr(r, w, 3);
}

static void
range_line(struct reader *r, const struct words *w)
{
	if (strcmp(w->w[0], "ADDRESS") == 0)
		range_addr(r, w, 1);
	else if (strcmp(w->w[0], "ENTRY_BEGIN") == 0)
		entry_begin(r);
	else if (strcmp(w->w[0], "RANGE_END") == 0)
		r->place = BODY;
	else
		complain(r, "unknown directive %s", w->w[0]);
}

static void
elapse_read(struct reader *r, struct rpl_step *s, const struct words *w)
{
	char *end;
	double sec;

	if (w->cnt != 5 || strcmp(w->w[3], "ELAPSE") != 0) {
		complain(r, "TIME_PASSES %s", w->cnt > 3 ? w->w[3] : "");
		return;
	}
	sec = strtod(w->w[4], &end);
	if (*end != '\0' || sec < 0)
		complain(r, "TIME_PASSES ELAPSE %s", w->w[4]);
	else
		s->elapse_ns = (uint64_t)(sec * (double)HF_NS_PER_S);
}

static void
step_action(struct reader *r, struct rpl_step *s, const struct words *w)
{
	static const struct bit actions[] = {
	    {"QUERY", RPL_QUERY},
	    {"CHECK_ANSWER", RPL_CHECK_ANSWER},
	    {"ANSWER", RPL_CHECK_ANSWER},
	    {"CHECK_OUT_QUERY", RPL_CHECK_OUT_QUERY},
	    {"REPLY", RPL_REPLY},
	    {"MOCK", RPL_REPLY},
	    {"TIMEOUT", RPL_TIMEOUT},
	    {"ERROR", RPL_ERROR},
	    {"TRAFFIC", RPL_TRAFFIC},
	    {"NOTHING", RPL_NOTHING},
	    {"TIME_PASSES", RPL_TIME_PASSES},
	    {NULL, 0},
	};
	const struct bit *b = bit_of(actions, w->w[2]);
	unsigned i = 3;

	if (b == NULL) {
		complain(r, "STEP %s", w->w[2]);
		return;
	}
	s->action = (enum rpl_action)b->bit;
	if (s->action == RPL_TIME_PASSES) {
		elapse_read(r, s, w);
		return;
	}
	if (w->cnt == 5 && strcmp(w->w[3], "ADDRESS") == 0) {
		if (hf_addr_from_text(w->w[4], &s->addr) != 0)
			complain(r, "ADDRESS %s", w->w[4]);
		i = 5;
	}
	if (i < w->cnt)
		complain(r, "STEP %s %s", w->w[2], w->w[i]);
}

static void
step_begin(struct reader *r, const struct words *w)
{
	struct rpl_step *s = need(r, sizeof(*s));
	char *end;

	if (s == NULL || w->cnt < 3) {
		complain(r, "STEP without number and action");
		return;
	}
	s->id = strtol(w->w[1], &end, 10);
	s->line = r->line;
	if (*end != '\0')
		complain(r, "STEP %s", w->w[1]);
	step_action(r, s, w);
	*r->step_end = s;
	r->step_end = &s->next;
	r->step = s;
}

static void
body_line(struct reader *r, const struct words *w)
{
	if (strcmp(w->w[0], "RANGE_BEGIN") == 0)
		range_begin(r, w);
	else if (strcmp(w->w[0], "STEP") == 0)
		step_begin(r, w);
	else if (strcmp(w->w[0], "ENTRY_BEGIN") == 0)
		entry_begin(r);
	else if (strcmp(w->w[0], "ADDRESS") == 0 && r->step != NULL && w->cnt == 2 &&
	    hf_addr_from_text(w->w[1], &r->step->addr) == 0)
		return;
	else if (strcmp(w->w[0], "SCENARIO_END") == 0)
		r->place = OVER;
	else
		complain(r, "unknown directive %s", w->w[0]);
}

/* --- the head ------------------------------------------------------------------------------ */

static void
setting_add(struct reader *r, const char *key, char *value)
{
	struct rpl_setting *s = need(r, sizeof(*s));
	size_t len;

	if (s == NULL)
		return;
	value += strspn(value, " ");
	len = strlen(value);
	if (len >= 2 && (*value == '"' || *value == '\'') && value[len - 1] == *value) {
		value[len - 1] = '\0';
		value++;
	}
	s->line = r->line;
	s->key = keep_text(r, key);
	s->value = keep_text(r, value);
	*r->setting_end = s;
	r->setting_end = &s->next;
}

static void
head_line(struct reader *r, char *text)
{
	char *hash = strchr(text, '#'), *colon;

	if (hash != NULL && (hash == text || hash[-1] == ' ')) {
		*hash = '\0';
		text = tidy(text);
	}
	if (*text == '\0')
		return;
	if (strcmp(text, "CONFIG_END") == 0) {
		r->place = BODY;
		return;
	}
	colon = strchr(text, ':');
	if (colon == NULL) {
		complain(r, "unknown directive %s", text);
		return;
	}
	*colon = '\0';
	setting_add(r, text, colon + 1);
}

static void
take_line(struct reader *r, char *text)
{
	struct words w;

	if (r->place == HEAD) {
		head_line(r, text);
		return;
	}
	if (*text == '#' || r->place == OVER)
		return;
	if (r->place == IN_ENTRY) {
		entry_line(r, text);
		return;
	}
	if (strncmp(text, "SCENARIO_BEGIN", 14) == 0) {
		r->s->title = keep_text(r, text + 14 + strspn(text + 14, " "));
		return;
	}
	split(text, &w);
	if (r->place == IN_RANGE)
		range_line(r, &w);
	else
		body_line(r, &w);
}

int
rpl_read(struct rpl *s, FILE *in)
{
	struct reader r = {
	    .s = s, .range_end = &s->ranges, .step_end = &s->steps, .setting_end = &s->settings};
	char *line = NULL;
	size_t cap = 0;

	memset(s, 0, sizeof(*s));
	hf_arena_init(&s->arena, ARENA_MAX);
	while (!r.bad && getline(&line, &cap, in) >= 0) {
		char *text = tidy(line);

		r.line++;
		if (strlen(text) >= RPL_LINE_MAX - HF_NAME_TEXT_LEN)
			complain(&r, "a line too long");
		else if (*text != '\0')
			take_line(&r, text);
	}
	free(line);
	if (r.place != OVER)
		complain(&r, "no SCENARIO_END");
	return r.bad ? -EINVAL : 0;
}

int
rpl_load(struct rpl *s, const char *path)
{
	FILE *in = fopen(path, "r");
	int rc = -errno;

	memset(s, 0, sizeof(*s));
	if (in == NULL) {
		snprintf(s->why, sizeof(s->why), "%s", strerror(-rc));
		return rc;
	}
	rc = rpl_read(s, in);
	fclose(in);
	return rc;
}

void
rpl_fini(struct rpl *s)
{
	hf_arena_fini(&s->arena);
}
