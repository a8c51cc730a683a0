/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cookies: the secrets of clients' DNS cookies (lib/wire/cookie.h), and where they come from.
 *
 * Purpose   One truth for our own listeners and the dataplane: the file under cookies.secrets,
 * which a fleet shares, or a secret drawn at start. Roles     The main thread. Memory    A struct
 * cp_cookies belongs to the program. Blocking  Reading the file: a few hundred octets. Errors
 * -errno and a sentence; the secrets before stay. Trust     The file is the operator's; it is
 * checked whole.
 */
#ifndef CP_COOKIES_H
#define CP_COOKIES_H

#include "lib/config/config.h"
#include "lib/link/msg.h"

enum { CP_COOKIES_ERROR_LEN = 256 };

struct cp_cookies {
	struct hf_msg_cookies msg;        /* as the dataplane gets them */
	struct hf_cookie_secrets secrets; /* the same for our own listeners */
	bool from_file;
};

/* Read what c says. After a failure *k is as before. */
int
cp_cookies_load(struct cp_cookies *k, const struct hf_config *c, char error[CP_COOKIES_ERROR_LEN]);

/* Eight hex digits by which operators compare secret idx without seeing it. */
char *cp_cookies_fingerprint(const struct cp_cookies *k, unsigned idx, char text[9]);

#endif
