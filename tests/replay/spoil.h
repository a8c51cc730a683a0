/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spoil: plants an error into what a scenario expects, to see that the harness finds it.
 *
 * Purpose   A harness that compares too little would call everything good. For each check of
 *           a scenario and each thing it compares, one wrong expectation.
 * Roles     main, for -s.
 * Memory    Changes the scenario in place, in its own arena.
 * Blocking  Never.
 * Errors    False when there is no n-th error.
 * Trust     As rpl.h.
 */
#ifndef HF_REPLAY_SPOIL_H
#define HF_REPLAY_SPOIL_H

#include "tests/replay/rpl.h"

enum { SPOIL_TEXT_LEN = 128 };

/* The n-th error, from 1. what becomes "step N: kind of error". */
bool spoil_plant(struct rpl *s, unsigned n, char *what, size_t cap);
/* The step out of what. */
long spoil_step(const char *what);

#endif
