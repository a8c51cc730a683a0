/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * siphash: SipHash-2-4, the keyed hash of hostile keys in the control plane.
 *
 * Purpose   Hash tables that an attacker without the key cannot fill lopsidedly.
 * Roles     Any thread.
 * Memory    None kept.
 * Blocking  Never.
 * Errors    None.
 * Trust     Data may be hostile, the key is secret.
 */
#ifndef HF_BASE_SIPHASH_H
#define HF_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct hf_siphash_key {
	uint64_t k[2];
};

uint64_t hf_siphash(const struct hf_siphash_key *key, const void *data, size_t len);

#endif
