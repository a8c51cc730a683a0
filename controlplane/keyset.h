/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyset: the DNSKEY RRset in an answer of the engine, with its signatures.
 *
 * Purpose   An answer is rendered for clients; who judges keys itself wants the records.
 * Roles     Any thread.
 * Memory    Owns copies until cp_keyset_free.
 * Blocking  Never.
 * Errors    NULL: no such records, malformed ones, too many, or no memory.
 * Trust     The records are as hostile as the server was.
 */
#ifndef CP_KEYSET_H
#define CP_KEYSET_H

#include "controlplane/resolver/resolver.h"

struct cp_keyset;

struct cp_keyset *cp_keyset_read(const struct cp_answer *a);
void cp_keyset_free(struct cp_keyset *s); /* NULL is fine */
const struct hf_rrset *cp_keyset_rrset(const struct cp_keyset *s);

#endif
