/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * units: text of durations, sizes, counts and booleans, strictly read.
 *
 * Purpose   The one grammar of quantities in configuration and on command lines:
 *           durations "30s" "1800ms" "3h" "7d" "1h30m", sizes "512MiB" "64KiB" "100B",
 *           booleans true/false/yes/no/on/off.
 * Roles     Any thread.
 * Memory    None.
 * Blocking  Never.
 * Errors    -EINVAL not of the grammar (a bare number is not a duration), -ERANGE
 *           too large; outputs untouched.
 * Trust     Text may be hostile.
 */
#ifndef HF_BASE_UNITS_H
#define HF_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int hf_duration_from_text(const char *text, uint64_t *ns); /* ns us ms s m h d w, falling */
int hf_size_from_text(const char *text, uint64_t *octets); /* units B KiB MiB GiB TiB */
int hf_uint_from_text(const char *text, uint64_t max, uint64_t *v); /* digits only, no sign */
int hf_bool_from_text(const char *text, bool *v);
enum { HF_UNITS_TEXT_LEN = 32 };
/* The shortest text that reads back as the same: 10800 s is "3h". Returns buf. */
char *hf_duration_to_text(uint64_t ns, char buf[HF_UNITS_TEXT_LEN]);
char *hf_size_to_text(uint64_t octets, char buf[HF_UNITS_TEXT_LEN]);

#endif
