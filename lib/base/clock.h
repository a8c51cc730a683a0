/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clock: the clocks a program may read.
 *
 * Purpose   Monotonic time for intervals, wall time for signatures and for people; and for
 *           what outlives the program, time since the machine started and which start it was.
 *           The resolver core and the validator never call this: time is their argument.
 * Roles     Any thread.
 * Memory    None.
 * Blocking  Never (vDSO).
 * Errors    None, but for hf_clock_boot_id.
 * Trust     Nothing here reads input.
 */
#ifndef HF_BASE_CLOCK_H
#define HF_BASE_CLOCK_H

#include <stdint.h>

#include "lib/base/ns.h"

/* CLOCK_MONOTONIC in nanoseconds: the same in every process of this machine. */
uint64_t hf_clock_mono_ns(void);

/* CLOCK_BOOTTIME: the same, and it goes on while the machine is suspended. */
uint64_t hf_clock_boot_ns(void);

enum { HF_BOOT_ID_LEN = 40 };

/* Tells one run of the machine from another. -errno, and "", if the kernel does not say. */
int hf_clock_boot_id(char id[HF_BOOT_ID_LEN]);

/* Seconds since 1970, UTC. */
int64_t hf_clock_wall_s(void);

#endif
