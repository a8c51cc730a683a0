/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

#include "lib/base/ns.h"
#include "lib/config/schema.h"
#include "lib/wire/rdata.h"

/* One parse under way: the document, what is filled in, what was wrong. */
struct load {
	const char *name;
	yaml_document_t doc;
	struct hf_config *c;
	const struct hf_schema_key *keys; /* the table in use, and the struct it is about */
	size_t key_cnt;
	void *into;
	struct hf_config_errors *errors;
	unsigned char *seen; /* per node: a second visit can only come from an alias */
};

__attribute__((format(printf, 4, 5))) static void
complain(
    struct hf_config_errors *errors, const char *name, const yaml_mark_t *at, const char *fmt, ...)
{
	char why[512], *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (errors->cnt++ >= HF_CONFIG_ERROR_MAX)
		return;
	if (asprintf(&text, "%s:%zu:%zu: %s", name, at->line + 1, at->column + 1, why) < 0)
		text = NULL;
	errors->text[errors->cnt - 1] = text;
}

void
hf_config_defaults(struct hf_config *c)
{
	char why[HF_SCHEMA_WHY_LEN];

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < hf_schema_cnt; i++) {
		char text[256], *rest = text, *item;

		snprintf(text, sizeof(text), "%s", hf_schema[i].fallback);
		if (hf_schema[i].kind == HF_SCHEMA_CHOICES)
			continue; /* nothing is chosen */
		if (!hf_schema_is_list(&hf_schema[i])) {
			if (hf_schema_set(&hf_schema[i], text, c, why) != 0)
				abort(); /* the table contradicts itself; a unit test reads it all
				          */
			continue;
		}
		while ((item = strsep(&rest, " ")) != NULL)
			if (item[0] != '\0' && hf_schema_set(&hf_schema[i], item, c, why) != 0)
				abort();
	}
}

void
hf_config_fini(struct hf_config *c)
{
	for (size_t i = 0; i < hf_schema_cnt; i++)
		hf_schema_clear(&hf_schema[i], c);
}

void
hf_config_errors_fini(struct hf_config_errors *errors)
{
	for (size_t i = 0; i < errors->cnt && i < HF_CONFIG_ERROR_MAX; i++)
		free(errors->text[i]);
	memset(errors, 0, sizeof(*errors));
}

/* A node by index, visited once; NULL after a complaint. */
static yaml_node_t *
visit(struct load *l, int idx)
{
	yaml_node_t *n = yaml_document_get_node(&l->doc, idx);

	if (n == NULL)
		return NULL;
	if (l->seen[idx]++ != 0) {
		complain(l->errors, l->name, &n->start_mark,
		    "an alias refers to this; aliases are not used here");
		return NULL;
	}
	return n;
}

/* The text of a scalar, or NULL after a complaint. */
static const char *
scalar(struct load *l, const yaml_node_t *n, const char *what)
{
	const char *text = n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : NULL;

	if (text == NULL) {
		complain(l->errors, l->name, &n->start_mark, "%s must be a single value", what);
		return NULL;
	}
	if (strcmp((const char *)n->tag, YAML_STR_TAG) != 0) {
		complain(l->errors, l->name, &n->start_mark, "%s: tags are not used here", what);
		return NULL;
	}
	if (strlen(text) != n->data.scalar.length) {
		complain(l->errors, l->name, &n->start_mark, "%s: a NUL character", what);
		return NULL;
	}
	if (text[0] == '\0') {
		complain(l->errors, l->name, &n->start_mark, "%s: the value is missing", what);
		return NULL;
	}
	return text;
}

static void
set_item(struct load *l, const struct hf_schema_key *k, const yaml_node_t *n)
{
	char why[HF_SCHEMA_WHY_LEN];
	const char *text = scalar(l, n, k->name);

	if (text != NULL && hf_schema_set(k, text, l->into, why) != 0)
		complain(l->errors, l->name, &n->start_mark, "%s: %s", k->name, why);
}

static void take_zone(struct load *l, const struct hf_schema_key *list, const yaml_node_t *map);

static void
set_list(struct load *l, const struct hf_schema_key *k, const yaml_node_t *n)
{
	if (n->type != YAML_SEQUENCE_NODE) {
		complain(l->errors, l->name, &n->start_mark, "%s must be a list: [a, b]", k->name);
		return;
	}
	if (l->into == l->c) /* a zone's lists have no defaults */
		hf_schema_clear(k, l->c);
	size_t cnt = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	if (cnt < k->min)
		complain(l->errors, l->name, &n->start_mark, "%s: at least %zu needed", k->name,
		    (size_t)k->min);
	for (size_t i = 0; i < cnt; i++) {
		const yaml_node_t *item = visit(l, n->data.sequence.items.start[i]);
		if (item != NULL && k->kind == HF_SCHEMA_ZONE_LIST)
			take_zone(l, k, item);
		else if (item != NULL)
			set_item(l, k, item);
	}
}

static const struct hf_schema_key *
find_key(const struct load *l, const char *section, const char *name)
{
	for (size_t i = 0; i < l->key_cnt; i++)
		if (strcmp(l->keys[i].section, section) == 0 && strcmp(l->keys[i].name, name) == 0)
			return &l->keys[i];
	return NULL;
}

static bool
is_section(const char *name)
{
	for (size_t i = 0; i < hf_schema_cnt; i++)
		if (name[0] != '\0' && strcmp(hf_schema[i].section, name) == 0)
			return true;
	return false;
}

/* Letters that differ when the two are laid side by side, with one shift allowed: enough
 * to find what a mistyped key was meant to be. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t la = strlen(a), lb = strlen(b);

	if (la > 62 || lb > 62)
		return 63;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned diag = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned up = row[j];
			unsigned best = diag + (a[i - 1] != b[j - 1]);
			best = best < up + 1 ? best : up + 1;
			best = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
			row[j] = best;
			diag = up;
		}
	}
	return row[lb];
}

static void
complain_unknown(struct load *l, const yaml_node_t *n, const char *section, const char *name)
{
	const char *best = NULL;
	unsigned best_d = 3; /* farther than two letters is no typing error */

	for (size_t i = 0; i < l->key_cnt; i++) {
		const struct hf_schema_key *k = &l->keys[i];
		bool here = strcmp(k->section, section) == 0;
		const char *word = here ? k->name : section[0] == '\0' ? k->section : NULL;
		unsigned d = word != NULL ? distance(word, name) : best_d;
		if (d < best_d) {
			best_d = d;
			best = word;
		}
	}
	if (best != NULL)
		complain(l->errors, l->name, &n->start_mark,
		    "unknown key \"%.60s\" (did you mean \"%s\"?)", name, best);
	else
		complain(l->errors, l->name, &n->start_mark, "unknown key \"%.60s\"%s%s", name,
		    section[0] != '\0' ? " in " : "", section);
}

/* True when an earlier key of this mapping has the same text. */
static bool
is_repeated(struct load *l, const yaml_node_t *map, const yaml_node_pair_t *upto, const char *name)
{
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start; p < upto; p++) {
		const yaml_node_t *k = yaml_document_get_node(&l->doc, p->key);
		if (k != NULL && k->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)k->data.scalar.value, name) == 0)
			return true;
	}
	return false;
}

typedef void (*pair_fn)(
    struct load *l, const char *section, const yaml_node_t *key, const yaml_node_t *value);

/* Call fn for each pair of a mapping whose key is new and plain. */
static void
each_pair(struct load *l, const yaml_node_t *map, const char *section, pair_fn fn)
{
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
	     p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = visit(l, p->key), *value = visit(l, p->value);
		const char *name = key != NULL ? scalar(l, key, "a key") : NULL;

		if (name == NULL || value == NULL)
			continue;
		if (is_repeated(l, map, p, name))
			complain(l->errors, l->name, &key->start_mark,
			    "key \"%.60s\" is given twice", name);
		else
			fn(l, section, key, value);
	}
}

static void
take_choice(struct load *l, const char *key_name, const yaml_node_t *key, const yaml_node_t *value)
{
	const struct hf_schema_key *k = find_key(l, "", key_name);
	const char *word = scalar(l, value, key_name);
	char why[HF_SCHEMA_WHY_LEN];

	if (word != NULL &&
	    hf_schema_choose(k, l->c, (const char *)key->data.scalar.value, word, why) != 0)
		complain(l->errors, l->name, &key->start_mark, "%s: %s", key_name, why);
}

static void
set_choices(struct load *l, const struct hf_schema_key *k, const yaml_node_t *n)
{
	if (n->type != YAML_MAPPING_NODE)
		complain(
		    l->errors, l->name, &n->start_mark, "%s is written {name.: word}", k->name);
	else
		each_pair(l, n, k->name, take_choice);
}

static void
take_key(struct load *l, const char *section, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *name = (const char *)key->data.scalar.value;
	const struct hf_schema_key *k = find_key(l, section, name);

	if (k == NULL)
		complain_unknown(l, key, section, name);
	else if (hf_schema_is_list(k))
		set_list(l, k, value);
	else if (k->kind == HF_SCHEMA_CHOICES)
		set_choices(l, k, value);
	else
		set_item(l, k, value);
}

/* A zone is either forwarded or a stub, and that once. */
static bool
zone_is_taken(const struct load *l, const struct hf_config_zone *z)
{
	const struct hf_config_zone_list *lists[2] = {&l->c->forwards, &l->c->stubs};

	for (unsigned k = 0; k < 2; k++)
		for (size_t i = 0; i < lists[k]->cnt; i++)
			if (&lists[k]->item[i] != z && lists[k]->item[i].name.len > 0 &&
			    hf_name_equal(&lists[k]->item[i].name, &z->name))
				return true;
	return false;
}

/* One item of a list of zones: a mapping with keys of its own. */
static void
take_zone(struct load *l, const struct hf_schema_key *list, const yaml_node_t *map)
{
	char why[HF_SCHEMA_WHY_LEN], name[HF_NAME_TEXT_LEN];
	struct hf_config_zone *z;

	if (map->type != YAML_MAPPING_NODE) {
		complain(l->errors, l->name, &map->start_mark,
		    "%s: each zone is written {zone: ..., servers: [...]}", list->name);
		return;
	}
	z = hf_schema_zone_add(list, l->c, why);
	if (z == NULL) {
		complain(l->errors, l->name, &map->start_mark, "%s: %s", list->name, why);
		return;
	}
	l->into = z;
	l->keys = hf_schema_zone;
	l->key_cnt = hf_schema_zone_cnt;
	each_pair(l, map, list->name, take_key);
	for (size_t i = 0; i < l->key_cnt; i++)
		if (strcmp(l->keys[i].section, list->name) == 0 && l->keys[i].fallback == NULL &&
		    !is_repeated(l, map, map->data.mapping.pairs.top, l->keys[i].name))
			complain(l->errors, l->name, &map->start_mark, "%s: %s is missing",
			    list->name, l->keys[i].name);
	if (z->name.len > 0 && zone_is_taken(l, z))
		complain(l->errors, l->name, &map->start_mark, "%s: zone %.80s is given twice",
		    list->name, hf_name_to_text(&z->name, name));
	l->into = l->c;
	l->keys = hf_schema;
	l->key_cnt = hf_schema_cnt;
}

static void
take_top(struct load *l, const char *section, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *name = (const char *)key->data.scalar.value;

	if (!is_section(name))
		take_key(l, section, key, value);
	else if (value->type != YAML_MAPPING_NODE)
		complain(l->errors, l->name, &value->start_mark, "%s holds keys of its own", name);
	else
		each_pair(l, value, name, take_key);
}

/* What single keys cannot say. */
bool
hf_config_keepwarm(const char *item, struct hf_name *name, uint16_t *type)
{
	const char *blank = strchr(item, ' ');
	char text[HF_NAME_TEXT_LEN];

	if (blank == NULL || blank == item || blank[-1] != '.' ||
	    (size_t)(blank - item) >= sizeof(text))
		return false;
	memcpy(text, item, (size_t)(blank - item));
	text[blank - item] = '\0';
	return hf_name_from_text(text, name) == 0 && hf_type_from_text(blank + 1, type) == 0 &&
	    !hf_type_is_meta(*type) && *type != HF_TYPE_ANY;
}

static void
check_keepwarm(struct load *l, const yaml_mark_t *at)
{
	struct hf_name name;
	uint16_t type;

	for (size_t i = 0; i < l->c->keepwarm.cnt; i++)
		if (!hf_config_keepwarm(l->c->keepwarm.item[i], &name, &type))
			complain(l->errors, l->name, at,
			    "keepwarm: \"%.80s\" is not a name with its final dot, a blank and a "
			    "type",
			    l->c->keepwarm.item[i]);
}

bool
hf_config_nat64(const struct hf_config *c, struct hf_nat64 *n)
{
	memset(n, 0, sizeof(*n));
	return strcmp(c->nat64_prefix, "none") == 0 || hf_nat64_from_text(c->nat64_prefix, n) == 0;
}

static void
check_nat64(struct load *l, const yaml_mark_t *at)
{
	struct hf_nat64 n;

	if (!hf_config_nat64(l->c, &n))
		complain(l->errors, l->name, at,
		    "resolver: nat64-prefix is neither none nor a prefix of 32, 40, 48, 56, 64 or "
		    "96 "
		    "bits, such as 64:ff9b::/96");
	else if (n.len > 0 && !l->c->ipv6)
		complain(l->errors, l->name, at, "resolver: nat64-prefix needs ipv6");
}

static void
check_whole(struct load *l)
{
	static const yaml_mark_t top = {0};

	if (l->c->nta_default_ns > l->c->nta_max_ns)
		complain(l->errors, l->name, &top, "policy: nta-default is longer than nta-max");
	if (l->c->skew_min_ns > l->c->skew_max_ns)
		complain(l->errors, l->name, &top, "validation: skew-min is longer than skew-max");
	if (l->c->skew_min_ns % HF_NS_PER_S != 0 || l->c->skew_max_ns % HF_NS_PER_S != 0)
		complain(l->errors, l->name, &top,
		    "validation: skew-min and skew-max are whole seconds");
	if (strcmp(l->c->link_socket, l->c->control_socket) == 0)
		complain(l->errors, l->name, &top, "link.socket and control.socket are the same");
	if (l->c->stale_ttl_ns % HF_NS_PER_S != 0 || l->c->stale_max_ns % HF_NS_PER_S != 0 ||
	    l->c->stale_retry_ns % HF_NS_PER_S != 0)
		complain(l->errors, l->name, &top, "stale: ttl, max and retry are whole seconds");
	if (l->c->stale_client_timer_ns % HF_NS_PER_MS != 0)
		complain(l->errors, l->name, &top, "stale: client-timer is whole milliseconds");
	if (l->c->rrl_window_ns % HF_NS_PER_S != 0)
		complain(l->errors, l->name, &top, "response-rate: window is whole seconds");
	if (l->c->min_ttl_ns % HF_NS_PER_S != 0)
		complain(l->errors, l->name, &top, "resolver: min-ttl is whole seconds");
	if (!l->c->ipv4 && !l->c->ipv6)
		complain(l->errors, l->name, &top, "resolver: ipv4 and ipv6 are both off");
	check_keepwarm(l, &top);
	check_nat64(l, &top);
}

static void
complain_tabs(const char *name, const char *text, size_t len, struct hf_config_errors *errors)
{
	yaml_mark_t at = {0};

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\t') {
			complain(errors, name, &at, "a tab; use spaces");
			return;
		}
		at.column++;
		if (text[i] == '\n') {
			at.line++;
			at.column = 0;
		}
	}
}

static void
complain_syntax(const char *name, const yaml_parser_t *p, struct hf_config_errors *errors)
{
	complain(errors, name, &p->problem_mark, "%s%s%s", p->context != NULL ? p->context : "",
	    p->context != NULL ? ": " : "", p->problem != NULL ? p->problem : "not YAML");
}

static void
take_document(struct load *l)
{
	yaml_node_t *root = yaml_document_get_root_node(&l->doc);
	size_t cnt = (size_t)(l->doc.nodes.top - l->doc.nodes.start);

	if (root == NULL)
		return; /* an empty file: the defaults */
	l->seen = calloc(cnt + 1, 1);
	if (l->seen == NULL)
		complain(l->errors, l->name, &root->start_mark, "out of memory");
	else if (root->type != YAML_MAPPING_NODE)
		complain(
		    l->errors, l->name, &root->start_mark, "the file must hold keys and values");
	else
		each_pair(l, root, "", take_top);
	free(l->seen);
	check_whole(l);
}

int
hf_config_parse(const char *name, const char *text, size_t len, struct hf_config *c,
    struct hf_config_errors *errors)
{
	struct hf_config fresh;
	struct load l = {.name = name,
	    .c = &fresh,
	    .keys = hf_schema,
	    .key_cnt = hf_schema_cnt,
	    .into = &fresh,
	    .errors = errors};
	yaml_parser_t parser;
	yaml_document_t second;

	memset(errors, 0, sizeof(*errors));
	complain_tabs(name, text, len, errors);
	if (errors->cnt > 0)
		return -EINVAL;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	hf_config_defaults(&fresh);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, &l.doc)) {
		complain_syntax(name, &parser, errors);
		goto out;
	}
	take_document(&l);
	yaml_document_delete(&l.doc);
	if (!yaml_parser_load(&parser, &second)) {
		complain_syntax(name, &parser, errors);
		goto out;
	}
	if (yaml_document_get_root_node(&second) != NULL)
		complain(errors, name, &second.start_mark, "a second document");
	yaml_document_delete(&second);
out:
	yaml_parser_delete(&parser);
	if (errors->cnt > 0) {
		hf_config_fini(&fresh);
		return -EINVAL;
	}
	*c = fresh;
	return 0;
}

/* The whole file, NUL-terminated; NULL with errno set. */
static char *
read_file(const char *path, size_t *len)
{
	char *buf = malloc(HF_CONFIG_FILE_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	*len = 0;
	while (buf != NULL && fd >= 0 && *len <= HF_CONFIG_FILE_MAX &&
	    (n = read(fd, buf + *len, HF_CONFIG_FILE_MAX + 1 - *len)) > 0)
		*len += (size_t)n;
	int e = fd < 0 || n < 0         ? errno
	    : buf == NULL               ? ENOMEM
	    : *len > HF_CONFIG_FILE_MAX ? EFBIG
					: 0;
	if (fd >= 0)
		close(fd);
	if (e != 0) {
		free(buf);
		errno = e;
		return NULL;
	}
	return buf;
}

int
hf_config_load(const char *path, struct hf_config *c, struct hf_config_errors *errors)
{
	static const yaml_mark_t top = {0};
	size_t len;

	memset(errors, 0, sizeof(*errors));
	char *text = read_file(path, &len);
	if (text == NULL) {
		int e = -errno;
		complain(errors, path, &top, "%s", strerror(-e));
		return e;
	}
	int e = hf_config_parse(path, text, len, c, errors);
	free(text);
	return e;
}
