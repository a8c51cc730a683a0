/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdatatext: the RDATA of a record from its words in a zone file (RFC 1035 5.1).
 *
 * Purpose   One table says for each type which fields it has; other types are read as
 *           RFC 3597 5 writes them ("\# length hexadecimal"). Names must be absolute.
 * Roles     Any thread.
 * Memory    The caller's struct.
 * Blocking  Never.
 * Errors    -EINVAL with the word that is wrong and what is wrong with it.
 * Trust     The words may be anything; at most HF_RDATATEXT_MAX octets are made.
 */
#ifndef HF_RDATATEXT_H
#define HF_RDATATEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HF_RDATATEXT_MAX = 4096, HF_RDATATEXT_ERROR_LEN = 160 };

struct hf_rdatatext {
	char *const *word; /* in: with their escapes, without quotes */
	size_t cnt;
	bool believed; /* in: a key or digest that is to be an anchor */
	size_t bad;    /* out: the word that is wrong; cnt: the one behind the last */
	char err[HF_RDATATEXT_ERROR_LEN];
	size_t len;
	uint8_t rdata[HF_RDATATEXT_MAX];
};

int cp_rdata_from_words(uint16_t type, struct hf_rdatatext *t);

#endif
