/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * date: moments as people write them (RFC 3339).
 *
 * Purpose   2026-11-28T12:00:00Z in and out; read strictly.
 * Roles     Any thread.
 * Memory    The caller's.
 * Blocking  Never.
 * Errors    -EINVAL: no date of RFC 3339, or one that no calendar has.
 * Trust     Text may be anything.
 */
#ifndef HF_BASE_DATE_H
#define HF_BASE_DATE_H

#include <stdint.h>

enum { HF_DATE_TEXT_LEN = 32 };

/* RFC 3339 5.6, date-time; fractions of a second are left out. *s: seconds since 1970. */
int hf_date_from_text(const char *text, int64_t *s);
/* In UTC; "?" for a year that has no four digits. Returns text. */
char *hf_date_to_text(int64_t s, char text[HF_DATE_TEXT_LEN]);

#endif
