/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: one line per event to standard error (systemd adds time and unit).
 *
 * Purpose   "area: what happened, to which name/type/server, why".
 * Roles     Any thread but a dataplane core.
 * Memory    A fixed line buffer on the stack; long lines are cut.
 * Blocking  One write(2); if it would block or fails the line is lost and counted.
 * Loss      Each call site passes at most HF_LOG_PER_S lines a second; what was
 *           held back is counted and said in the next line that passes.
 * Trust     Arguments may hold hostile octets: everything outside printable ASCII
 *           is escaped as \xHH before it is written.
 */
#ifndef HF_BASE_LOG_H
#define HF_BASE_LOG_H

#include <stdatomic.h>
#include <stdint.h>

enum hf_log_level { HF_LOG_ERROR, HF_LOG_WARN, HF_LOG_INFO, HF_LOG_DEBUG };
enum { HF_LOG_PER_S = 10, HF_LOG_LINE_LEN = 1024 };

struct hf_log_site { /* one per call site, zeroed at start */
	_Atomic uint64_t window_s;
	_Atomic uint32_t in_window;
	_Atomic uint32_t held;
};

/* Lines above level are dropped. Default HF_LOG_INFO. */
void hf_log_set_level(enum hf_log_level level);
/* 0 or -EINVAL for anything but error, warn, info, debug. */
int hf_log_level_from_text(const char *text, enum hf_log_level *level);

__attribute__((format(printf, 4, 5))) void hf_log_at(
    struct hf_log_site *site, enum hf_log_level level, const char *area, const char *fmt, ...);

/* Lines that could not be written since start: standard error was full or gone. */
uint64_t hf_log_lost(void);

#define hf_log(level, area, ...)                                        \
	do {                                                            \
		static struct hf_log_site hf_log_site_;                 \
		hf_log_at(&hf_log_site_, (level), (area), __VA_ARGS__); \
	} while (0)

#endif
