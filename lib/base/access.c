/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/access.h"

#include <errno.h>
#include <stdlib.h>

static const char *const verdict_text[HF_ACCESS_VERDICT_CNT] = {
    [HF_ACCESS_ALLOW] = "allow",
    [HF_ACCESS_REFUSE] = "refuse",
    [HF_ACCESS_DROP] = "drop",
};

int
hf_access_verdict_from_text(const char *text, enum hf_access_verdict *v)
{
	for (unsigned i = 0; i < HF_ACCESS_VERDICT_CNT; i++)
		if (strcmp(text, verdict_text[i]) == 0) {
			*v = (enum hf_access_verdict)i;
			return 0;
		}
	return -EINVAL;
}

const char *
hf_access_verdict_text(enum hf_access_verdict v)
{
	return verdict_text[v];
}

int
hf_access_add(struct hf_access *a, const struct hf_prefix *prefix, enum hf_access_verdict verdict)
{
	struct hf_access_rule *grown;
	size_t at = 0;

	if (a->cnt >= HF_ACCESS_MAX)
		return -ENOSPC;
	for (size_t i = 0; i < a->cnt; i++) {
		if (hf_prefix_equal(&a->rule[i].prefix, prefix))
			return -EEXIST;
		at += a->rule[i].prefix.len >= prefix->len;
	}
	grown = realloc(a->rule, (a->cnt + 1) * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	memmove(&grown[at + 1], &grown[at], (a->cnt - at) * sizeof(*grown));
	grown[at] = (struct hf_access_rule){*prefix, verdict};
	a->rule = grown;
	a->cnt++;
	return 0;
}

void
hf_access_remove(struct hf_access *a, enum hf_access_verdict verdict)
{
	size_t cnt = 0;

	for (size_t i = 0; i < a->cnt; i++)
		if (a->rule[i].verdict != verdict)
			a->rule[cnt++] = a->rule[i];
	a->cnt = cnt;
	if (cnt == 0) {
		free(a->rule);
		a->rule = NULL;
	}
}

void
hf_access_fini(struct hf_access *a)
{
	free(a->rule);
	memset(a, 0, sizeof(*a));
}

bool
hf_access_is_open(const struct hf_access *a)
{
	for (size_t i = 0; i < a->cnt; i++)
		if (a->rule[i].verdict != HF_ACCESS_ALLOW)
			return false;
	return a->others == HF_ACCESS_ALLOW;
}

enum hf_access_verdict
hf_access_judge(const struct hf_access *a, const struct hf_addr *who)
{
	struct hf_addr v4 = {.family = AF_INET};

	if (who->family == AF_INET6 && hf_ipv6_is_mapped(who->octets)) {
		memcpy(v4.octets, who->octets + 12, 4);
		who = &v4;
	}
	for (size_t i = 0; i < a->cnt; i++) /* HF_ACCESS_MAX at most */
		if (hf_prefix_has(&a->rule[i].prefix, who))
			return a->rule[i].verdict;
	return a->others;
}
