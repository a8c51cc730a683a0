/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/root_hints.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const uint16_t hint_types[] = {HF_TYPE_NS, HF_TYPE_A, HF_TYPE_AAAA, 0};

/* The root's NS set, moved to the front; NULL without one or with one of another owner. */
static const struct hf_rrset *
root_first(struct hf_rrsets *s)
{
	const struct hf_rrset *ns = NULL;

	for (size_t i = 0; i < s->cnt; i++) {
		if (s->sets[i].type != HF_TYPE_NS)
			continue;
		if (s->sets[i].owner.len != 1)
			return NULL;
		struct hf_rrset first = s->sets[0];
		s->sets[0] = s->sets[i];
		s->sets[i] = first;
		ns = &s->sets[0];
	}
	return ns;
}

static bool
is_root_server(const struct hf_rrset *ns, const struct hf_name *host)
{
	struct hf_name n;

	for (uint16_t i = 0; i < ns->rr_cnt; i++) {
		if (hf_name_from_octets(ns->rr[i].data, ns->rr[i].len, &n) == 0 &&
		    hf_name_equal(&n, host))
			return true;
	}
	return false;
}

static int
check(const char *name, struct hf_rrsets *s, char *err)
{
	const struct hf_rrset *ns = root_first(s);
	char text[HF_NAME_TEXT_LEN];

	if (ns == NULL) {
		snprintf(err, HF_ZONETEXT_ERROR_LEN,
		    "%s: want NS records of \".\" and of no other name", name);
		return -EINVAL;
	}
	for (size_t i = 1; i < s->cnt; i++) {
		if (is_root_server(ns, &s->sets[i].owner))
			continue;
		snprintf(err, HF_ZONETEXT_ERROR_LEN,
		    "%s: address of %.200s, which is no root server", name,
		    hf_name_to_text(&s->sets[i].owner, text));
		return -EINVAL;
	}
	if (s->cnt < 2) {
		snprintf(err, HF_ZONETEXT_ERROR_LEN, "%s: no address of any root server", name);
		return -EINVAL;
	}
	return 0;
}

int
cp_root_hints_parse(const char *name, const char *text, size_t len, struct hf_rrsets *out,
    char err[HF_ZONETEXT_ERROR_LEN])
{
	struct hf_zonetext z = {.name = name, .types = hint_types};
	int rc = hf_zonetext_parse(&z, text, len, out);

	memcpy(err, z.err, sizeof(z.err));
	return rc == 0 ? check(name, out, err) : rc;
}

int
cp_root_hints_load(const char *path, struct hf_rrsets *out, char err[HF_ZONETEXT_ERROR_LEN])
{
	struct hf_zonetext z = {.name = path, .types = hint_types};
	int rc = hf_zonetext_load(&z, out);

	memcpy(err, z.err, sizeof(z.err));
	return rc == 0 ? check(path, out, err) : rc;
}
