/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identity: which instance a client talks to, for those who ask.
 *
 * Purpose   id.server, hostname.bind, version.server and version.bind in class CH (RFC 4892),
 *           and the name server identifier (RFC 5001), the same on every path.
 * Roles     Any thread; made at start and constant afterwards.
 * Memory    The caller's.
 * Blocking  hf_identity_set may ask the kernel for the host's name.
 * Errors    -EINVAL: too long. hf_identity_answer says false: turn the query down as before.
 * Trust     The question is hostile.
 */
#ifndef HF_WIRE_IDENTITY_H
#define HF_WIRE_IDENTITY_H

#include "lib/wire/reply.h"

enum {
	HF_IDENTITY_TEXT_MAX = 128,
	HF_IDENTITY_BODY_MAX = 13 + HF_IDENTITY_TEXT_MAX, /* one TXT record of one string */
};

struct hf_identity { /* an empty text is hidden */
	char server[HF_IDENTITY_TEXT_MAX + 1];
	char version[HF_IDENTITY_TEXT_MAX + 1];
	char nsid[HF_IDENTITY_TEXT_MAX + 1];
};

/* One of the three from its setting: "hidden", "hostname", or the text itself. */
int hf_identity_set(char out[HF_IDENTITY_TEXT_MAX + 1], const char *setting);

/* If q asks for a text that is not hidden: a reply with its record in body, which must live
 * until the reply is written. */
bool hf_identity_answer(const struct hf_identity *id, const struct hf_question *q,
    uint8_t body[HF_IDENTITY_BODY_MAX], struct hf_reply *r);

/* The identifier for a reply, if there is one and the query asked for it. */
void hf_identity_nsid(const struct hf_identity *id, const struct hf_query *q, struct hf_reply *r);

#endif
