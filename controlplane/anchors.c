/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint16_t anchor_types[] = {HF_TYPE_DS, HF_TYPE_DNSKEY, 0};

/* A file that only repeats what another one said is fine, an empty one is not. */
static int
finish(const struct hf_zonetext *z, int rc, char *err)
{
	memcpy(err, z->err, sizeof(z->err));
	if (rc != 0 || z->rr_cnt > 0)
		return rc;
	snprintf(err, HF_ZONETEXT_ERROR_LEN, "%s: no DS or DNSKEY record in it", z->name);
	return -EINVAL;
}

int
cp_anchors_parse(const char *name, const char *text, size_t len, struct hf_rrsets *out,
    char err[HF_ZONETEXT_ERROR_LEN])
{
	struct hf_zonetext z = {.name = name, .types = anchor_types, .believed = true};
	int rc = hf_zonetext_parse(&z, text, len, out);

	return finish(&z, rc, err);
}

int
cp_anchors_load(const char *path, struct hf_rrsets *out, char err[HF_ZONETEXT_ERROR_LEN])
{
	struct hf_zonetext z = {.name = path, .types = anchor_types, .believed = true};
	int rc = hf_zonetext_load(&z, out);

	return finish(&z, rc, err);
}
