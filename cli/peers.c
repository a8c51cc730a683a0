/* SPDX-License-Identifier: BSD-3-Clause */
/* What operators of other resolvers type, answered with what it is called here. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/wire/name.h"

/* A line of text that grows; what does not fit is left out. */
struct text {
	char at[900];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(t->at + t->len, sizeof(t->at) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0 && t->len + (size_t)n < sizeof(t->at))
		t->len += (size_t)n;
	else
		t->at[t->len] = '\0';
}

/* Safe to be copied into a shell as it stands. */
static bool
is_plain(const char *word)
{
	for (; *word != '\0'; word++)
		if (!isalnum((unsigned char)*word) && strchr("._-", *word) == NULL)
			return false;
	return true;
}

static const char *
name_or(const char *word, const char *otherwise)
{
	struct hf_name n;
	bool name = word != NULL && word[0] != '\0' && word[0] != '-' && is_plain(word) &&
	    hf_name_from_text(word, &n) == 0;

	return name ? word : otherwise;
}

/* --- commands that add or remove ----------------------------------------------------------- */

static void
put_add(struct text *t, const char *name, const char *life, bool force, const char *reason)
{
	put(t, "nta add %s --for %s%s --reason ", name_or(name, "NAME"), life,
	    force ? " --force" : "");
	if (reason != NULL && reason[0] != '\0' && strpbrk(reason, "'\\\n\r\t\033") == NULL)
		put(t, "'%s'", reason);
	else
		put(t, "TEXT");
}

/* BIND's TTL: seconds, "1h30m", or ISO 8601 ("PT90M"). */
static void
life_of(const char *theirs, char life[32])
{
	uint64_t ns;
	size_t n = 0;
	bool digits = true;

	for (; *theirs != '\0' && n < 30; theirs++) {
		char c = (char)tolower((unsigned char)*theirs);
		if (c == 'p' || c == 't')
			continue;
		digits = digits && isdigit((unsigned char)c);
		life[n++] = c;
	}
	if (digits && n > 0)
		life[n++] = 's';
	life[n] = '\0';
	if (hf_duration_from_text(life, &ns) == 0)
		hf_duration_to_text(ns, life);
	else
		snprintf(life, 32, "1h");
}

/* rndc nta [-dump | -force | -remove | -lifetime D | -class C] NAME [VIEW] */
static bool
rndc_nta(struct text *t, int argc, char **argv)
{
	char life[32] = "1h";
	bool force = false, gone = false, dump = false;
	const char *name = NULL;

	for (int i = 0; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "-lifetime") == 0 || strcmp(argv[i], "-l") == 0) {
			if (more)
				life_of(argv[++i], life);
		} else if (strcmp(argv[i], "-class") == 0 || strcmp(argv[i], "-c") == 0) {
			i += more;
		} else if (argv[i][0] == '-') {
			force = force || argv[i][1] == 'f';
			gone = gone || argv[i][1] == 'r';
			dump = dump || argv[i][1] == 'd';
		} else if (name == NULL) {
			name = argv[i];
		}
	}
	if (dump)
		put(t, "nta list");
	else if (gone)
		put(t, "nta remove %s", name_or(name, "NAME"));
	else
		put_add(t, name, life, force, NULL);
	return true;
}

/* unbound-control insecure_add NAME; rec_control add-nta NAME [REASON WORDS] */
static bool
add_nta(struct text *t, int argc, char **argv)
{
	struct text reason = {.len = 0};

	for (int i = 1; i < argc; i++)
		put(&reason, "%s%s", i > 1 ? " " : "", argv[i]);
	put_add(t, argc > 0 ? argv[0] : NULL, "1h", false, reason.at);
	return true;
}

/* insecure_remove NAME; clear-nta NAME... */
static bool
clear_nta(struct text *t, int argc, char **argv)
{
	for (int i = 0; i < argc || i == 0; i++)
		put(t, "%snta remove %s", i > 0 ? "; holdfastctl " : "",
		    name_or(i < argc ? argv[i] : NULL, "NAME"));
	return true;
}

/* trust_anchors.set_insecure({ 'a.example', 'b.example' }): all that Lua takes for names. */
static bool
set_insecure(struct text *t, int argc, char **argv)
{
	static const char between[] = " ,;(){}'\"[]";
	char word[256];
	int cnt = 0;

	for (int i = -1; i < argc; i++) {
		const char *p = argv[i]; /* argv[-1] is the word itself */
		if (i < 0)
			p += strcspn(p, "(");
		while (*(p += strspn(p, between)) != '\0') {
			size_t len = strcspn(p, between);
			snprintf(word, sizeof(word), "%.*s", (int)len, p);
			p += len;
			put(t, "%s", cnt++ > 0 ? "; holdfastctl " : "");
			put_add(t, word, "1h", false, NULL);
		}
	}
	if (cnt == 0)
		put_add(t, NULL, "1h", false, NULL);
	return true;
}

/* --- all ----------------------------------------------------------------------------------- */

static bool
show_cache(struct text *t, int argc, char **argv)
{
	put(t, "cache show %s", name_or(argc > 0 ? argv[argc - 1] : NULL, "NAME"));
	return true;
}

static bool
trace(struct text *t, int argc, char **argv)
{
	const char *type = argc > 1 && is_plain(argv[1]) && argv[1][0] != '\0' ? argv[1] : "A";

	put(t, "trace %s %s", name_or(argc > 0 ? argv[0] : NULL, "NAME"), type);
	return true;
}

static const struct {
	const char *theirs;
	bool (*rewrite)(struct text *t, int argc, char **argv); /* their arguments */
	const char *ours; /* without rewrite: the command, or, in (), what to do */
} peers[] = {
    {"insecure_add", add_nta, NULL},
    {"insecure_remove", clear_nta, NULL},
    {"list_insecure", NULL, "nta list"},
    {"add-nta", add_nta, NULL},
    {"clear-nta", clear_nta, NULL},
    {"get-ntas", NULL, "nta list"},
    {"trust_anchors.set_insecure", set_insecure, NULL},
    {"trust_anchors.summary", NULL, "anchor list"},
    {"managed-keys", NULL, "anchor list"},
    {"get-tas", NULL, "anchor list"},
    {"validation", NULL, "nta add NAME --for 1h --reason TEXT"},
    {"local_zone", NULL, "(local-zones in the configuration, then restart the control plane)"},
    {"local_data", NULL, "(local-data in the configuration, then restart the control plane)"},
    {"flush", NULL, "(nothing: policy is judged when an entry is used, a push flushes nothing)"},
    {"wipe-cache", NULL, "(nothing: policy is judged when an entry is used)"},
    {"cache.clear", NULL, "(nothing: policy is judged when an entry is used)"},
    {"dump_cache", show_cache, NULL},
    {"dumpdb", show_cache, NULL},
    {"delv", trace, NULL},
    {"lookup", trace, NULL},
    {"trace-regex", NULL, "trace NAME TYPE"},
    {"dig", trace, NULL},
    {"kdig", trace, NULL},
    {"drill", trace, NULL},
    {"checkconf", NULL, "config check FILE"},
    {"stats_noreset", NULL, "stats"},
    {"get-all", NULL, "stats"},
};

/* theirs, or theirs with more behind it that is no letter: "flush_zone", "cache.clear('x')". */
static bool
is_called(const char *word, const char *theirs)
{
	size_t len = strlen(theirs);

	return strncmp(word, theirs, len) == 0 && (word[len] == '\0' || strchr("_(", word[len]));
}

static bool
say(const struct cl_line *line, const char *word, const char *ours)
{
	if (ours[0] == '(')
		cl_fail(line, CL_USAGE, "\"%s\" is not needed here: %.*s", word,
		    (int)strlen(ours) - 2, ours + 1);
	else
		cl_fail(line, CL_USAGE, "\"%s\" is called here: holdfastctl %s", word, ours);
	return true;
}

bool
cl_peers(const struct cl_line *line, int argc, char **argv)
{
	struct text t = {.len = 0};

	if (argc >= 2 && strcmp(argv[0], "nta") == 0 && argv[1][0] == '-' && argv[1][1] != '-')
		return rndc_nta(&t, argc - 1, argv + 1) && say(line, argv[0], t.at);
	for (size_t i = 0; argc > 0 && i < sizeof(peers) / sizeof(peers[0]); i++) {
		if (!is_called(argv[0], peers[i].theirs))
			continue;
		if (peers[i].rewrite == NULL)
			return say(line, argv[0], peers[i].ours);
		return peers[i].rewrite(&t, argc - 1, argv + 1) && say(line, argv[0], t.at);
	}
	return false;
}
