/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/config/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/config/zonetext.h"

static bool
is_texts(const struct hf_schema_key *k)
{
	return k->kind == HF_SCHEMA_TEXT_LIST || k->kind == HF_SCHEMA_RECORD_LIST;
}

bool
hf_schema_is_list(const struct hf_schema_key *k)
{
	return is_texts(k) || k->kind == HF_SCHEMA_ADDR_LIST || k->kind == HF_SCHEMA_ACCESS_LIST ||
	    k->kind == HF_SCHEMA_SOCKET_LIST || k->kind == HF_SCHEMA_FORWARDERS ||
	    k->kind == HF_SCHEMA_SERVERS || k->kind == HF_SCHEMA_ZONE_LIST;
}

static void *
field(const struct hf_schema_key *k, void *in)
{
	return (char *)in + k->off;
}

/* What a value of this kind looks like, for error messages. */
static const char *
shape(enum hf_schema_kind kind)
{
	switch (kind) {
	case HF_SCHEMA_UINT:
		return "a whole number";
	case HF_SCHEMA_DURATION:
		return "a duration with its unit, such as 30s, 1800ms or 3h";
	case HF_SCHEMA_SIZE:
		return "a size with its unit, such as 64KiB or 512MiB";
	case HF_SCHEMA_BOOL:
		return "true, false, yes, no, on or off";
	case HF_SCHEMA_ADDR_LIST:
		return "an IPv4 or IPv6 address of a host";
	case HF_SCHEMA_ACCESS_LIST:
		return "a network such as 192.0.2.0/24, no bit set behind its prefix";
	case HF_SCHEMA_SOCKET_LIST:
		return "an address with a port, such as 127.0.0.1@5335";
	case HF_SCHEMA_NAME:
		return "a name that ends in a dot";
	case HF_SCHEMA_FORWARDERS:
		return "an address, such as 192.0.2.1 or 192.0.2.1@5353";
	case HF_SCHEMA_SERVERS:
		return "an address, an address@port or a name that ends in a dot";
	case HF_SCHEMA_WORD:
	case HF_SCHEMA_TEXT:
	case HF_SCHEMA_TEXT_LIST:
	case HF_SCHEMA_RECORD_LIST:
	case HF_SCHEMA_ZONE_LIST:
	case HF_SCHEMA_CHOICES:
		break;
	}
	return "text";
}

static int
set_number(const struct hf_schema_key *k, const char *text, uint64_t *out)
{
	uint64_t v;
	int e = k->kind == HF_SCHEMA_UINT ? hf_uint_from_text(text, UINT64_MAX, &v)
	    : k->kind == HF_SCHEMA_SIZE   ? hf_size_from_text(text, &v)
					  : hf_duration_from_text(text, &v);

	if (e != 0)
		return e;
	if (v < k->min || v > k->max)
		return -ERANGE;
	*out = v;
	return 0;
}

static char *
show_number(const struct hf_schema_key *k, uint64_t v, char buf[HF_UNITS_TEXT_LEN])
{
	if (k->kind == HF_SCHEMA_DURATION)
		return hf_duration_to_text(v, buf);
	if (k->kind == HF_SCHEMA_SIZE)
		return hf_size_to_text(v, buf);
	snprintf(buf, HF_UNITS_TEXT_LEN, "%" PRIu64, v);
	return buf;
}

static int
set_word(const struct hf_schema_key *k, const char *text, uint64_t *out, char *why)
{
	size_t at = (size_t)snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is none of", text);

	for (unsigned i = 0; i < HF_SCHEMA_WORD_MAX && k->words[i] != NULL; i++) {
		if (strcmp(text, k->words[i]) == 0) {
			*out = i;
			return 0;
		}
		at += (size_t)snprintf(
		    why + at, HF_SCHEMA_WHY_LEN - at, "%s %s", i ? "," : "", k->words[i]);
	}
	return -EINVAL;
}

static int
set_text(const struct hf_schema_key *k, const char *text, char **out, char *why)
{
	if (text[0] == '\0' || strlen(text) > k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "must have 1 to %" PRIu64 " characters", k->max);
		return -EINVAL;
	}
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			snprintf(why, HF_SCHEMA_WHY_LEN, "a control character");
			return -EINVAL;
		}
	}
	char *copy = strdup(text);
	if (copy == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return -EINVAL;
	}
	free(*out);
	*out = copy;
	return 0;
}

static bool
is_host(const struct hf_addr *a)
{
	return a->family == AF_INET ? hf_ipv4_is_host(a->octets) : hf_ipv6_is_host(a->octets);
}

static int
add_addr(const struct hf_schema_key *k, const char *text, struct hf_config_addr_list *l)
{
	struct hf_addr a;

	if (hf_addr_from_text(text, &a) != 0 || (a.port != 0) != (k->kind == HF_SCHEMA_SOCKET_LIST))
		return -EINVAL;
	if (k->kind == HF_SCHEMA_ADDR_LIST && !is_host(&a))
		return -EINVAL;
	for (size_t i = 0; i < l->cnt; i++)
		if (hf_addr_equal(&l->item[i], &a))
			return -EEXIST;
	l->item[l->cnt++] = a;
	return 0;
}

/* Zone names end in a dot: "no." is Norway. */
static int
name_from_text(const char *text, struct hf_name *out)
{
	size_t len = strlen(text);
	struct hf_name n;

	if (len == 0 || text[len - 1] != '.' || (len > 1 && text[len - 2] == '\\') ||
	    hf_name_from_text(text, &n) != 0)
		return -EINVAL;
	hf_name_lower(&n);
	*out = n;
	return 0;
}

static int
add_server_name(const char *text, struct hf_config_server_list *l)
{
	struct hf_name *n = &l->name[l->name_cnt];

	if (name_from_text(text, n) != 0)
		return -EINVAL;
	for (size_t i = 0; i < l->name_cnt; i++)
		if (hf_name_equal(&l->name[i], n))
			return -EEXIST;
	l->name_cnt++;
	return 0;
}

static int
add_server(const struct hf_schema_key *k, const char *text, struct hf_config_server_list *l)
{
	struct hf_addr a;

	if (hf_addr_from_text(text, &a) != 0)
		return k->kind == HF_SCHEMA_SERVERS ? add_server_name(text, l) : -EINVAL;
	for (size_t i = 0; i < l->addr_cnt; i++)
		if (hf_addr_equal(&l->addr[i], &a))
			return -EEXIST;
	l->addr[l->addr_cnt++] = a;
	return 0;
}

static int
add_text(const char *text, struct hf_config_text_list *l, char *why)
{
	struct hf_schema_key item = {.max = 4000};
	char **grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));

	if (grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return -EINVAL;
	}
	l->item = grown;
	grown[l->cnt] = NULL;
	int e = set_text(&item, text, &grown[l->cnt], why);

	l->cnt += e == 0;
	return e;
}

/* A record, or the path of a file of them. */
static int
records_check(const char *text, char *why)
{
	struct hf_zonetext z = {.name = "record"};
	struct hf_rrsets sets;
	int rc;

	hf_rrsets_init(&sets);
	if (text[0] == '/') {
		z.name = text;
		rc = hf_zonetext_load(&z, &sets);
	} else {
		rc = hf_zonetext_parse(&z, text, strlen(text), &sets);
	}
	hf_rrsets_fini(&sets);
	if (rc != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN, "%.*s", HF_SCHEMA_WHY_LEN - 1, z.err);
	return rc;
}

static size_t
item_cnt(const struct hf_schema_key *k, void *in)
{
	const struct hf_config_server_list *servers = field(k, in);

	switch (k->kind) {
	case HF_SCHEMA_TEXT_LIST:
	case HF_SCHEMA_RECORD_LIST:
		return ((const struct hf_config_text_list *)field(k, in))->cnt;
	case HF_SCHEMA_ZONE_LIST:
		return ((const struct hf_config_zone_list *)field(k, in))->cnt;
	case HF_SCHEMA_FORWARDERS:
	case HF_SCHEMA_SERVERS:
		return servers->addr_cnt + servers->name_cnt;
	case HF_SCHEMA_ACCESS_LIST: /* all lists together */
		return ((const struct hf_access *)field(k, in))->cnt;
	default:
		return ((const struct hf_config_addr_list *)field(k, in))->cnt;
	}
}

/* The verdict that an access list is named for. */
static enum hf_access_verdict
verdict_of(const struct hf_schema_key *k)
{
	enum hf_access_verdict v = HF_ACCESS_DROP;

	(void)hf_access_verdict_from_text(k->name, &v);
	return v;
}

static int
add_prefix(const struct hf_schema_key *k, const char *text, struct hf_access *a, char *why)
{
	struct hf_prefix p;
	int e = hf_prefix_from_text(text, &p);

	if (e != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not %s", text, shape(k->kind));
	else if (p.family == AF_INET6 && p.len >= 96 && hf_ipv6_is_mapped(p.octets))
		e = snprintf(why, HF_SCHEMA_WHY_LEN,
		    "\"%.60s\" is a network of IPv4: write it as such", text);
	else if ((e = hf_access_add(a, &p, verdict_of(k))) != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN,
		    "\"%.60s\" is in a list of access already (allow has a default: give it first)",
		    text);
	return e;
}

static int
add_item(const struct hf_schema_key *k, const char *text, void *in, char *why)
{
	int e;

	if (item_cnt(k, in) >= k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " items", k->max);
		return -EINVAL;
	}
	if (k->kind == HF_SCHEMA_RECORD_LIST && records_check(text, why) != 0)
		return -EINVAL;
	if (is_texts(k))
		return add_text(text, field(k, in), why);
	if (k->kind == HF_SCHEMA_ACCESS_LIST)
		return add_prefix(k, text, field(k, in), why) == 0 ? 0 : -EINVAL;
	if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS)
		e = add_server(k, text, field(k, in));
	else
		e = add_addr(k, text, field(k, in));
	if (e == -EEXIST)
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is given twice", text);
	else if (e != 0)
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not %s", text, shape(k->kind));
	return e == 0 ? 0 : -EINVAL;
}

int
hf_schema_set(
    const struct hf_schema_key *k, const char *text, void *in, char why[HF_SCHEMA_WHY_LEN])
{
	int e;

	if (hf_schema_is_list(k))
		return add_item(k, text, in, why);
	if (k->kind == HF_SCHEMA_TEXT)
		return set_text(k, text, field(k, in), why);
	if (k->kind == HF_SCHEMA_WORD)
		return set_word(k, text, field(k, in), why);
	if (k->kind == HF_SCHEMA_NAME)
		e = name_from_text(text, field(k, in));
	else if (k->kind == HF_SCHEMA_BOOL)
		e = hf_bool_from_text(text, field(k, in));
	else
		e = set_number(k, text, field(k, in));
	if (e == -ERANGE) {
		char lo[HF_UNITS_TEXT_LEN], hi[HF_UNITS_TEXT_LEN];
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is outside %s to %s", text,
		    show_number(k, k->min, lo), show_number(k, k->max, hi));
	} else if (e != 0) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not %s", text, shape(k->kind));
	}
	return e == 0 ? 0 : -EINVAL;
}

int
hf_schema_choose(const struct hf_schema_key *k, struct hf_config *c, const char *name,
    const char *word, char why[HF_SCHEMA_WHY_LEN])
{
	struct hf_config_choice_list *l = field(k, c);
	struct hf_config_choice one;

	if (name_from_text(name, &one.name) != 0) {
		snprintf(
		    why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is not a name that ends in a dot", name);
		return -EINVAL;
	}
	if (set_word(k, word, &one.word, why) != 0)
		return -EINVAL;
	for (size_t i = 0; i < l->cnt; i++) {
		if (!hf_name_equal(&l->item[i].name, &one.name))
			continue;
		snprintf(why, HF_SCHEMA_WHY_LEN, "\"%.60s\" is given twice", name);
		return -EINVAL;
	}
	struct hf_config_choice *grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));

	if (l->cnt >= k->max || grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " names", k->max);
		l->item = grown != NULL ? grown : l->item;
		return -EINVAL;
	}
	l->item = grown;
	grown[l->cnt++] = one;
	return 0;
}

struct hf_config_zone *
hf_schema_zone_add(const struct hf_schema_key *k, struct hf_config *c, char why[HF_SCHEMA_WHY_LEN])
{
	struct hf_config_zone_list *l = field(k, c);
	struct hf_config_zone *grown;

	if (l->cnt >= k->max) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "more than %" PRIu64 " zones", k->max);
		return NULL;
	}
	grown = realloc(l->item, (l->cnt + 1) * sizeof(*grown));
	if (grown == NULL) {
		snprintf(why, HF_SCHEMA_WHY_LEN, "out of memory");
		return NULL;
	}
	l->item = grown;
	memset(&grown[l->cnt], 0, sizeof(*grown));
	for (size_t i = 0; i < hf_schema_zone_cnt; i++) {
		const struct hf_schema_key *z = &hf_schema_zone[i];

		if (strcmp(z->section, k->name) == 0 && z->fallback != NULL &&
		    hf_schema_set(z, z->fallback, &grown[l->cnt], why) != 0)
			return NULL;
	}
	return &grown[l->cnt++];
}

void
hf_schema_clear(const struct hf_schema_key *k, struct hf_config *c)
{
	if (k->kind == HF_SCHEMA_TEXT) {
		char **text = field(k, c);
		free(*text);
		*text = NULL;
	} else if (is_texts(k)) {
		struct hf_config_text_list *l = field(k, c);
		for (size_t i = 0; i < l->cnt; i++)
			free(l->item[i]);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS) {
		memset(field(k, c), 0, sizeof(struct hf_config_server_list));
	} else if (k->kind == HF_SCHEMA_CHOICES) {
		struct hf_config_choice_list *l = field(k, c);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (k->kind == HF_SCHEMA_ZONE_LIST) {
		struct hf_config_zone_list *l = field(k, c);
		free(l->item);
		memset(l, 0, sizeof(*l));
	} else if (k->kind == HF_SCHEMA_ACCESS_LIST) {
		hf_access_remove(field(k, c), verdict_of(k));
	} else if (hf_schema_is_list(k)) {
		struct hf_config_addr_list *l = field(k, c);
		memset(l, 0, sizeof(*l));
	}
}

/* --- a value as text --- */

/* Text that ends in "..." when it does not fit. */
struct sheet {
	char *buf;
	size_t len; /* below HF_SCHEMA_SHOW_LEN - 3 */
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
put(struct sheet *s, const char *fmt, ...)
{
	size_t room = HF_SCHEMA_SHOW_LEN - 4 - s->len;
	va_list ap;

	if (s->full)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(s->buf + s->len, room, fmt, ap);

	va_end(ap);
	s->full = n < 0 || (size_t)n >= room;
	if (s->full)
		memcpy(s->buf + s->len, "...", 4);
	else
		s->len += (size_t)n;
}

static void
put_servers(struct sheet *s, const struct hf_config_server_list *l)
{
	char addr[HF_ADDR_TEXT_LEN], name[HF_NAME_TEXT_LEN];

	for (size_t i = 0; i < l->addr_cnt; i++)
		put(s, "%s\"%s\"", i > 0 ? ", " : "", hf_addr_to_text(&l->addr[i], addr));
	for (size_t i = 0; i < l->name_cnt; i++)
		put(s, "%s\"%s\"", l->addr_cnt + i > 0 ? ", " : "",
		    hf_name_to_text(&l->name[i], name));
}

static void
put_zone(struct sheet *s, const struct hf_schema_key *k, struct hf_config_zone *z)
{
	char name[HF_NAME_TEXT_LEN];
	bool first = true;

	put(s, "{");
	for (size_t i = 0; i < hf_schema_zone_cnt; i++) {
		const struct hf_schema_key *key = &hf_schema_zone[i];

		if (strcmp(key->section, k->name) != 0)
			continue;
		put(s, "%s%s: ", first ? "" : ", ", key->name);
		first = false;
		if (key->kind == HF_SCHEMA_NAME) {
			put(s, "\"%s\"", hf_name_to_text(field(key, z), name));
		} else if (key->kind == HF_SCHEMA_BOOL) {
			put(s, "%s", *(bool *)field(key, z) ? "yes" : "no");
		} else {
			put(s, "[");
			put_servers(s, field(key, z));
			put(s, "]");
		}
	}
	put(s, "}");
}

static char *
show_choices(const struct hf_schema_key *k, const struct hf_config_choice_list *l, char *buf)
{
	struct sheet s = {.buf = buf};
	char name[HF_NAME_TEXT_LEN];

	put(&s, "{");
	for (size_t i = 0; i < l->cnt && !s.full; i++)
		put(&s, "%s\"%s\": %s", i > 0 ? ", " : "", hf_name_to_text(&l->item[i].name, name),
		    k->words[l->item[i].word]);
	put(&s, "}");
	return buf;
}

static char *
show_access(const struct hf_schema_key *k, const struct hf_access *a, char *buf)
{
	struct sheet s = {.buf = buf};
	char text[HF_PREFIX_TEXT_LEN];
	const char *comma = "";

	put(&s, "[");
	for (size_t i = 0; i < a->cnt && !s.full; i++) {
		if (a->rule[i].verdict != verdict_of(k))
			continue;
		put(&s, "%s\"%s\"", comma, hf_prefix_to_text(&a->rule[i].prefix, text));
		comma = ", ";
	}
	put(&s, "]");
	return buf;
}

static char *
show_list(const struct hf_schema_key *k, void *in, char *buf)
{
	const struct hf_config_addr_list *addrs = field(k, in);
	const struct hf_config_text_list *texts = field(k, in);
	const struct hf_config_zone_list *zones = field(k, in);
	struct sheet s = {.buf = buf};
	char addr[HF_ADDR_TEXT_LEN];
	size_t cnt = item_cnt(k, in);

	put(&s, "[");
	if (k->kind == HF_SCHEMA_FORWARDERS || k->kind == HF_SCHEMA_SERVERS) {
		put_servers(&s, field(k, in));
		cnt = 0;
	}
	for (size_t i = 0; i < cnt && !s.full; i++) {
		put(&s, "%s", i > 0 ? ", " : "");
		if (k->kind == HF_SCHEMA_ZONE_LIST)
			put_zone(&s, k, &zones->item[i]);
		else if (is_texts(k))
			put(&s, "\"%s\"", texts->item[i]);
		else
			put(&s, "\"%s\"", hf_addr_to_text(&addrs->item[i], addr));
	}
	put(&s, "]");
	return buf;
}

char *
hf_schema_show(
    const struct hf_schema_key *k, const struct hf_config *c, char buf[HF_SCHEMA_SHOW_LEN])
{
	struct hf_config *rw = (struct hf_config *)(uintptr_t)c; /* field() serves both uses */

	switch (k->kind) {
	case HF_SCHEMA_UINT:
	case HF_SCHEMA_DURATION:
	case HF_SCHEMA_SIZE:
		return show_number(k, *(uint64_t *)field(k, rw), buf);
	case HF_SCHEMA_BOOL:
		return strcpy(buf, *(bool *)field(k, rw) ? "yes" : "no");
	case HF_SCHEMA_WORD:
		return strcpy(buf, k->words[*(uint64_t *)field(k, rw)]);
	case HF_SCHEMA_TEXT: {
		const char *text = *(char **)field(k, rw);
		snprintf(buf, HF_SCHEMA_SHOW_LEN, "%s", text != NULL ? text : "");
		return buf;
	}
	case HF_SCHEMA_ACCESS_LIST:
		return show_access(k, field(k, rw), buf);
	case HF_SCHEMA_CHOICES:
		return show_choices(k, field(k, rw), buf);
	default:
		break;
	}
	return show_list(k, rw, buf);
}
