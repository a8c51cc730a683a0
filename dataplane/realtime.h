/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * realtime: SCHED_FIFO for threads that must not be taken off their CPUs.
 *
 * Purpose   With --realtime yes (ADR 19) a worker runs so all the time, the writer while a change
 *           of policy is under way: what else wants their CPUs adds milliseconds otherwise.
 * Roles     Any thread, for itself.
 * Memory    None.
 * Blocking  Never; each is one system call.
 * Errors    -errno: -EPERM without CAP_SYS_NICE and with a limit RTPRIO of 0.
 * Trust     Nothing here reads input.
 */
#ifndef DP_REALTIME_H
#define DP_REALTIME_H

#include <stdbool.h>

/* The lowest priority of SCHED_FIFO: before all that is not realtime, after all else that is. */
int dp_realtime_enter(void);
int dp_realtime_leave(void);

/* Whether enter will do, told before anything is served. 0 or -errno, which is logged. Says too
 * what the kernel keeps for others. */
int dp_realtime_try(void);

#endif
