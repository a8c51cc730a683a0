/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * admin: the Unix socket that holdfastctl talks to.
 *
 * Purpose   One JSON object per line each way: {"version":1,"command":C,"arguments":{...}} ->
 *           {"ok":true,"result":{...}} or {"ok":false,"error":{"exit","reason","text"}}.
 *           Several requests may follow one another on a connection; they are done in order.
 * Roles     The main thread.
 * Memory    At most CP_ADMIN_CLIENTS, each with CP_ADMIN_LINE_MAX octets of unread request
 *           and CP_ADMIN_UNSENT_MAX of unsent replies.
 * Blocking  Never, but for what commands do to the store.
 * Errors    Whatever is not a request gets an error reply; who does not read, or says nothing
 *           for CP_ADMIN_IDLE_S, is closed.
 * Trust     Who may connect is decided by the socket's mode (0660) and its folder; the
 *           kernel says who it is (SO_PEERCRED), and that goes into the audit log.
 */
#ifndef CP_ADMIN_H
#define CP_ADMIN_H

#include "controlplane/call.h"

struct event_base;
struct cp_admin;

enum {
	CP_ADMIN_CLIENTS = 64,
	CP_ADMIN_LINE_MAX = 64 * 1024,
	CP_ADMIN_UNSENT_MAX = 4 * 1024 * 1024,
	CP_ADMIN_IDLE_S = 60,
	CP_ADMIN_WRITE_S = 10,
};

/* A socket left behind is replaced; one that answers is -EADDRINUSE, anything else there
 * -EEXIST. env is borrowed and lives longer. */
int cp_admin_open(
    struct event_base *base, const char *path, struct cp_admin_env *env, struct cp_admin **out);
void cp_admin_close(struct cp_admin *a);

/* The dataplane said something: calls that wait for it go on. */
void cp_admin_event(struct cp_admin *a, const struct cp_event *e);

#endif
