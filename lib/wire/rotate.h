/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rotate: another order of addresses in each reply.
 *
 * Purpose   Clients that take the first address are spread over all of them (RFC 1794). Off unless
 *           an operator asks for it.
 * Roles     Any thread.
 * Memory    Works in the caller's buffer; nothing is allocated.
 * Blocking  Never.
 * Errors    None: what cannot be turned stays as it is.
 * Trust     The message is a reply of our own.
 *
 * The RDATA of A or AAAA records of one owner change places: all of one length and without names,
 * so no record moves and no compression pointer breaks. A one's complement sum over the message
 * stays what it was, for they move by an even number of octets: records of odd length, such as
 * those of the root, stay.
 */
#ifndef HF_WIRE_ROTATE_H
#define HF_WIRE_ROTATE_H

#include <stddef.h>
#include <stdint.h>

enum { HF_ROTATE_MAX = 64 }; /* records of an RRset; those beyond stay */

/* Turn the first such RRset of the answer section by `turn` records, those that spell their
 * owner alike. msg is a whole reply with its question. */
void hf_rotate(uint8_t *msg, size_t len, uint32_t turn);

#endif
