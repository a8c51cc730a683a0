/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock: the two clocks a program may read.
 *
 * Purpose   Monotonic time for intervals, wall time for signatures and for people.
 *           The resolver core and the validator never call this: time is their argument.
 * Roles     Any thread.
 * Memory    None.
 * Blocking  Never (vDSO).
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef HF_BASE_CLOCK_H
#define HF_BASE_CLOCK_H

#include <stdint.h>

#include "lib/base/ns.h"

/* CLOCK_MONOTONIC in nanoseconds: the same in every process of this machine. */
uint64_t hf_clock_mono_ns(void);

/* Seconds since 1970, UTC. */
int64_t hf_clock_wall_s(void);

#endif
