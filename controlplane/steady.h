/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steady: the wall clock with its jumps taken out, for what ends at a time of day.
 *
 * Purpose   An anchor that was asked for three hours stands for three hours, whatever is done
 *           to the wall clock meanwhile: set forward it would end all of them at once, set
 *           back it would keep validation off for longer than anybody decided.
 * Roles     The main thread. A function of moments: no clock is read here.
 * Memory    The caller's struct cp_steady; stored with the anchors (store.h).
 * Blocking  Never.
 * Errors    None.
 * Trust     The wall clock may be set by anybody who serves us time; CLOCK_BOOTTIME by nobody.
 *
 * Within one run of the machine, over restarts of the program too, time passes as
 * CLOCK_BOOTTIME says, which counts suspension and is never set. A wall clock that differs
 * from it by CP_STEADY_SLACK_S or more has jumped: ends move along with it, so that what is left
 * stays what it was. Over a restart of the machine there is only the wall clock: time passes
 * as it says, and not at all when it goes back.
 */
#ifndef CP_STEADY_H
#define CP_STEADY_H

#include "controlplane/trust_point.h"

enum {
	CP_STEADY_SLACK_S = 5, /* slewing and rounding are no jump */
	CP_STEADY_SEEN_S = 60, /* how often `seen` is worth being stored */
};

struct cp_steady {
	char boot[CP_BOOT_LEN];
	int64_t wall_s; /* the two clocks at one moment of this run, since the last jump */
	uint64_t ns;
	int64_t seen_s; /* the wall clock was last seen to be at */
};

/* What the wall clock would say without jumps since the moment in c. */
int64_t cp_steady_at(const struct cp_steady *c, uint64_t ns);

/* Seconds by which the wall clock has jumped (ends have to move by) since c, now taken as the
 * moment to go on from; 0: none. c without a boot id becomes now. */
int64_t cp_steady_follow(struct cp_steady *c, const struct cp_moment *now);

#endif
