/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/identity.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int
hf_identity_set(char out[HF_IDENTITY_TEXT_MAX + 1], const char *setting)
{
	char host[HF_IDENTITY_TEXT_MAX + 1] = "";

	if (strcmp(setting, "hidden") == 0)
		setting = "";
	else if (strcmp(setting, "hostname") == 0 && gethostname(host, sizeof(host) - 1) == 0)
		setting = host;
	if (strlen(setting) > HF_IDENTITY_TEXT_MAX)
		return -EINVAL;
	strcpy(out, setting);
	return 0;
}

static const char *
text_of(const struct hf_identity *id, const struct hf_name *name)
{
	static const struct {
		const char *octets;
		bool version;
	} known[] = {
	    {"\2id\6server", false},
	    {"\10hostname\4bind", false},
	    {"\7version\6server", true},
	    {"\7version\4bind", true},
	};
	struct hf_name n;

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (hf_name_from_octets(
			(const uint8_t *)known[i].octets, strlen(known[i].octets) + 1, &n) == 0 &&
		    hf_name_equal(&n, name))
			return known[i].version ? id->version : id->server;
	return "";
}

bool
hf_identity_answer(const struct hf_identity *id, const struct hf_question *q,
    uint8_t body[HF_IDENTITY_BODY_MAX], struct hf_reply *r)
{
	/* The question's name, TXT, CH, TTL 0; then the lengths of RDATA and string. */
	static const uint8_t head[] = {
	    0xc0, HF_HEADER_LEN, 0, HF_TYPE_TXT, 0, HF_CLASS_CH, 0, 0, 0, 0, 0};

	if (id == NULL || q->klass != HF_CLASS_CH ||
	    (q->type != HF_TYPE_TXT && q->type != HF_TYPE_ANY))
		return false;
	const char *text = text_of(id, &q->name);
	size_t len = strlen(text);

	if (len == 0)
		return false;
	memcpy(body, head, sizeof(head));
	body[sizeof(head)] = (uint8_t)(len + 1);
	body[sizeof(head) + 1] = (uint8_t)len;
	memcpy(body + sizeof(head) + 2, text, len);
	*r = (struct hf_reply){.rcode = HF_RCODE_NOERROR,
	    .an_cnt = 1,
	    .body = body,
	    .body_len = (uint16_t)(sizeof(head) + 2 + len)};
	return true;
}

void
hf_identity_nsid(const struct hf_identity *id, const struct hf_query *q, struct hf_reply *r)
{
	if (id == NULL || !q->edns.nsid)
		return;
	r->nsid = (const uint8_t *)id->nsid;
	r->nsid_len = (uint16_t)strlen(id->nsid);
}
