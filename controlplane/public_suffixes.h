/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * public_suffixes: the list of publicsuffix.org into a struct cp_suffixes.
 *
 * Purpose   Lines as "co.uk", "*.ck", "!www.ck"; comments begin with "//"; labels may be UTF-8
 *           and become A-labels (RFC 3492, RFC 5890 2.3.2.1).
 * Roles     The main thread, at start.
 * Memory    The file is read whole, at most CP_PUBLIC_SUFFIXES_FILE_MAX octets.
 * Blocking  Reads a file.
 * Errors    cp_public_suffixes_load: -errno. A line that is no rule is skipped and counted.
 * Trust     The file is the distribution's or the operator's; every length is bounded.
 */
#ifndef CP_PUBLIC_SUFFIXES_H
#define CP_PUBLIC_SUFFIXES_H

#include "controlplane/resolver/suffix.h"

enum { CP_PUBLIC_SUFFIXES_FILE_MAX = 16 * 1024 * 1024 };

/* Returns the lines that were skipped. */
unsigned cp_public_suffixes_read(const char *text, size_t len, struct cp_suffixes *s);
/* 0; -ENOENT when there is no such file; -EFBIG, ... *skipped: as above. */
int cp_public_suffixes_load(const char *path, struct cp_suffixes *s, unsigned *skipped);

#endif
