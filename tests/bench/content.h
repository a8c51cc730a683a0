/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * content: the answers that benches fill caches with, by kind and number.
 *
 * Purpose   One place for who preloads and who replaces. data.py says the same about names and
 * data, so that replies are held against something this did not write. Roles     Any thread. Memory
 * The caller's. Blocking  Never. Errors    Negative: a name or an answer does not fit. Trust
 * Nothing here reads input.
 */
#ifndef BENCH_CONTENT_H
#define BENCH_CONTENT_H

#include <stdio.h>

#include "lib/link/msg.h"

enum { BENCH_ENTRIES_MAX = 1 << 24 };

struct bench_kind;

/* NULL: there is none of that name; print says which there are, a blank before each. */
const struct bench_kind *bench_kind_named(const char *name);
void bench_kinds_print(FILE *to);

/* "www.z17.example." and the like; zone is the name without the first label. */
int bench_host_name(
    const struct bench_kind *k, uint32_t host, struct hf_name *name, struct hf_name *zone);

/* Answer i of a kind into a slot of HF_UPDATE_SLOT_LEN octets, for nobody who waits. */
int bench_answer(const struct bench_kind *k, uint32_t i, struct hf_msg_answer *m);

#endif
