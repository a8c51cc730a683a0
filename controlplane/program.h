/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program: the control plane as a whole: its parts made, joined and taken down in order.
 *
 * Purpose   configuration -> anchors, hints, store, policy, engine, link, listeners, admin
 *           socket; then the event loop until SIGTERM or SIGINT.
 * Roles     The main thread, the only one.
 * Memory    Everything belongs to the program and goes with it.
 * Blocking  cp_program_run stays until a signal.
 * Errors    What cannot be had at start is logged and ends the program with exit code 1.
 * Trust     The configuration is the operator's.
 */
#ifndef CP_PROGRAM_H
#define CP_PROGRAM_H

#include "lib/config/config.h"

/* The exit code: 0 after a signal, 1 when it could not start or go on. */
int cp_program_run(const struct hf_config *config);

#endif
