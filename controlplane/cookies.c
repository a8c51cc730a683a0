/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/cookies.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/log.h"
#include "lib/base/rand.h"

enum { LINE_LEN = 256, DIGITS = 2 * HF_COOKIE_SECRET_LEN };

static __attribute__((format(printf, 2, 3))) int
wrong(char error[CP_COOKIES_ERROR_LEN], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, CP_COOKIES_ERROR_LEN, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int
digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static bool
secret_read(const char *text, uint8_t out[HF_COOKIE_SECRET_LEN])
{
	if (strlen(text) != DIGITS)
		return false;
	for (unsigned i = 0; i < HF_COOKIE_SECRET_LEN; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* NULL, or what is wrong with the line. */
static const char *
line_take(struct hf_msg_cookies *m, char *line)
{
	if (strchr(line, '\n') == NULL && strlen(line) == LINE_LEN - 1)
		return "too long a line";
	line[strcspn(line, "# \t\r\n")] = '\0';
	if (line[0] == '\0')
		return NULL;
	if (m->cnt == HF_COOKIE_SECRET_MAX)
		return "more than 3 secrets";
	if (!secret_read(line, m->secret[m->cnt]))
		return "not 32 hex digits";
	for (unsigned i = 0; i < m->cnt; i++)
		if (memcmp(m->secret[i], m->secret[m->cnt], HF_COOKIE_SECRET_LEN) == 0)
			return "the same secret twice";
	m->cnt++;
	return NULL;
}

/* Whoever knows the secrets can speak for any address. */
static void
warn_of_readers(FILE *f, const char *path)
{
	struct stat st;

	if (fstat(fileno(f), &st) == 0 && (st.st_mode & S_IROTH) != 0)
		hf_log(HF_LOG_WARN, "cookies", "%s can be read by everybody (chmod o-r)", path);
}

static int
file_read(const char *path, struct hf_msg_cookies *m, char error[CP_COOKIES_ERROR_LEN])
{
	char line[LINE_LEN];
	const char *what = NULL;
	unsigned number = 0;
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (f == NULL)
		return wrong(error, "%s: %s", path, strerror(errno));
	warn_of_readers(f, path);
	while (what == NULL && fgets(line, sizeof(line), f) != NULL) {
		number++;
		what = line_take(m, line);
	}
	if (what != NULL)
		rc = wrong(error, "%s:%u: %s", path, number, what);
	else if (ferror(f) || m->cnt == 0)
		rc = wrong(error, "%s: no secret in it", path);
	fclose(f);
	explicit_bzero(line, sizeof(line));
	return rc;
}

static void
secret_draw(struct hf_msg_cookies *m)
{
	struct hf_rand r;

	hf_rand_init(&r);
	hf_rand_bytes(&r, m->secret[0], HF_COOKIE_SECRET_LEN);
	m->cnt = 1;
}

int
cp_cookies_load(struct cp_cookies *k, const struct hf_config *c, char error[CP_COOKIES_ERROR_LEN])
{
	bool from_file = strcmp(c->cookie_secrets, "none") != 0;
	struct hf_msg_cookies m = {.required = c->cookie_require};
	int rc = 0;

	if (!c->cookie_answer)
		m.required = 0;
	else if (from_file)
		rc = file_read(c->cookie_secrets, &m, error);
	else if (k->msg.cnt == 1) /* drawn before: nothing to read again */
		m = k->msg;
	else
		secret_draw(&m);
	if (rc != 0)
		return rc;
	m.generation = k->msg.generation + 1;
	k->from_file = from_file && c->cookie_answer;
	k->msg = m;
	k->secrets = (struct hf_cookie_secrets){.cnt = m.cnt, .required = m.required != 0};
	for (unsigned i = 0; i < m.cnt; i++)
		k->secrets.key[i] = hf_cookie_key(m.secret[i]);
	return 0;
}

char *
cp_cookies_fingerprint(const struct cp_cookies *k, unsigned idx, char text[9])
{
	static const char what[] = "holdfast cookie secret";

	snprintf(text, 9, "%08" PRIx32,
	    (uint32_t)hf_siphash(&k->secrets.key[idx], what, sizeof(what) - 1));
	return text;
}
