/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/cookie.h"

#include <string.h>

#include "lib/wire/writer.h"

void
cp_cookie_make(const struct hf_siphash_key *secret, const struct hf_addr *a,
    const struct cp_server *known, uint64_t now_ns, struct cp_cookie *out)
{
	uint32_t epoch = (uint32_t)(now_ns / CP_COOKIE_EPOCH_NS);
	uint8_t text[sizeof(epoch) + 1 + sizeof(a->octets)];

	memcpy(text, &epoch, sizeof(epoch));
	text[sizeof(epoch)] = a->family;
	memcpy(text + sizeof(epoch) + 1, a->octets, sizeof(a->octets));
	uint64_t hash = hf_siphash(secret, text, sizeof(text));

	*out = (struct cp_cookie){.sent = true, .epoch = epoch};
	memcpy(out->client, &hash, sizeof(out->client));
	if (known->cookie_len > 0 && known->cookie_epoch == epoch) {
		out->server_len = known->cookie_len;
		memcpy(out->server, known->cookie, known->cookie_len);
	}
}

size_t
cp_cookie_option(const struct cp_cookie *c, uint8_t buf[CP_COOKIE_OPTION_MAX])
{
	uint8_t data[CP_COOKIE_CLIENT + CP_SERVER_COOKIE_MAX];
	struct hf_option opt = {.code = HF_OPTION_COOKIE, .data = data};

	if (!c->sent)
		return 0;
	memcpy(data, c->client, CP_COOKIE_CLIENT);
	memcpy(data + CP_COOKIE_CLIENT, c->server, c->server_len);
	opt.len = (uint16_t)(CP_COOKIE_CLIENT + c->server_len);
	return hf_option_append(buf, CP_COOKIE_OPTION_MAX, 0, &opt);
}

/* Compared without a branch on its octets: a guesser must not learn how far it got. */
static bool
same(const uint8_t a[CP_COOKIE_CLIENT], const uint8_t b[CP_COOKIE_CLIENT])
{
	uint8_t diff = 0;

	for (unsigned i = 0; i < CP_COOKIE_CLIENT; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

enum cp_cookie_says
cp_cookie_read(const struct cp_cookie *c, const uint8_t *msg, const struct hf_edns *edns,
    struct hf_option *server)
{
	uint32_t off = edns->options_off;
	struct hf_option opt;

	while (hf_option_next(msg, edns, &off, &opt)) {
		if (opt.code != HF_OPTION_COOKIE)
			continue;
		if (!c->sent) /* not asked for: says nothing (RFC 6891 6.1.2) */
			return CP_COOKIE_NONE;
		if (opt.len < CP_COOKIE_CLIENT + CP_COOKIE_SERVER_MIN ||
		    opt.len > CP_COOKIE_CLIENT + CP_SERVER_COOKIE_MAX || !same(c->client, opt.data))
			return CP_COOKIE_FORGED;
		server->code = opt.code;
		server->data = opt.data + CP_COOKIE_CLIENT;
		server->len = (uint16_t)(opt.len - CP_COOKIE_CLIENT);
		return CP_COOKIE_OURS;
	}
	return CP_COOKIE_NONE;
}
