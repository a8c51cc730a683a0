/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * play: one scenario against one fresh resolver.
 *
 * Purpose   Does the steps in order: queries go in by the code of our own listeners, what the
 *           resolver sends is answered by the ranges, answers are compared. Time stands still
 *           but for TIME_PASSES and for time-outs that nothing else can end.
 * Roles     One scenario at a time; main runs each in a process of its own.
 * Memory    All freed at the end.
 * Blocking  Never.
 * Errors    A verdict with the step and the reason.
 * Trust     As rpl.h.
 */
#ifndef HF_REPLAY_PLAY_H
#define HF_REPLAY_PLAY_H

#include "tests/replay/rpl.h"

enum play_verdict { PLAY_PASS, PLAY_FAIL, PLAY_SKIP };

struct play_result {
	enum play_verdict verdict;
	bool at_step;
	long step;
	unsigned checks; /* comparisons made */
	char why[RPL_WHY_LEN];
};

/* trace: say on standard error what goes over the wire. */
void play_scenario(const struct rpl *s, bool trace, struct play_result *result);

#endif
