/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

static _Atomic int max_level = HF_LOG_INFO;
static _Atomic uint64_t lost_cnt;

static const char *const level_text[] = {"error", "warn", "info", "debug"};
enum { LEVEL_CNT = sizeof(level_text) / sizeof(level_text[0]) };

void
hf_log_set_level(enum hf_log_level level)
{
	atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

int
hf_log_level_from_text(const char *text, enum hf_log_level *level)
{
	for (int i = 0; i < LEVEL_CNT; i++)
		if (strcmp(text, level_text[i]) == 0) {
			*level = (enum hf_log_level)i;
			return 0;
		}
	return -EINVAL;
}

uint64_t
hf_log_lost(void)
{
	return atomic_load_explicit(&lost_cnt, memory_order_relaxed);
}

/* Relaxed throughout: two threads at a window's edge may let a line too many pass, and
 * nothing else depends on these fields. */
static bool
site_admits(struct hf_log_site *site)
{
	uint64_t now_s = hf_clock_mono_ns() / HF_NS_PER_S + 1; /* never the 0 of a new site */
	uint64_t seen = atomic_load_explicit(&site->window_s, memory_order_relaxed);

	if (seen != now_s &&
	    atomic_compare_exchange_strong_explicit(
		&site->window_s, &seen, now_s, memory_order_relaxed, memory_order_relaxed))
		atomic_store_explicit(&site->in_window, 0, memory_order_relaxed);
	if (atomic_fetch_add_explicit(&site->in_window, 1, memory_order_relaxed) < HF_LOG_PER_S)
		return true;
	atomic_fetch_add_explicit(&site->held, 1, memory_order_relaxed);
	return false;
}

/* text to out with everything outside printable ASCII as \xHH; cut where the next
 * escape would not fit. Returns the octets written, at most cap. */
static size_t
escape(const char *text, char *out, size_t cap)
{
	static const char hex[16] = "0123456789abcdef";
	size_t len = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (cap - len < 4)
			break;
		if (*p >= 0x20 && *p < 0x7f) {
			out[len++] = (char)*p;
			continue;
		}
		out[len++] = '\\';
		out[len++] = 'x';
		out[len++] = hex[*p >> 4];
		out[len++] = hex[*p & 15];
	}
	return len;
}

/* A pipe that says it is writable takes a line under PIPE_BUF whole, without blocking. */
static void
write_line(const char *line, size_t len)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	/* POLLERR: nobody reads, and a write would raise SIGPIPE. */
	if (poll(&fd, 1, 0) != 1 || fd.revents != POLLOUT ||
	    write(STDERR_FILENO, line, len) != (ssize_t)len)
		atomic_fetch_add_explicit(&lost_cnt, 1, memory_order_relaxed);
}

void
hf_log_at(struct hf_log_site *site, enum hf_log_level level, const char *area, const char *fmt, ...)
{
	char text[HF_LOG_LINE_LEN], line[HF_LOG_LINE_LEN], tail[48];
	size_t tail_len = 0, len;
	int saved = errno; /* a caller may log first and look at errno next */
	va_list ap;

	if ((int)level > atomic_load_explicit(&max_level, memory_order_relaxed))
		return;
	if (!site_admits(site))
		return;
	uint32_t held = atomic_exchange_explicit(&site->held, 0, memory_order_relaxed);

	if (held > 0)
		tail_len = (size_t)snprintf(tail, sizeof(tail), " (%u like it held back)", held);
	int head_len = snprintf(text, sizeof(text), "%s: %s%s", area,
	    level == HF_LOG_INFO ? "" : level_text[level], level == HF_LOG_INFO ? "" : ": ");

	if (head_len > 0 && (size_t)head_len < sizeof(text)) {
		va_start(ap, fmt);
		vsnprintf(text + head_len, sizeof(text) - (size_t)head_len, fmt, ap);
		va_end(ap);
	}
	len = escape(text, line, sizeof(line) - tail_len - 1);
	memcpy(line + len, tail, tail_len);
	len += tail_len;
	line[len++] = '\n';
	write_line(line, len);
	errno = saved;
}
