/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of dataplane/packet.c and neighbour.c: any frame is classified and, if it may
 * be, answered, inside memory of exactly its capacity; a reply turned round again is a query. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/exception.h"
#include "dataplane/neighbour.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAME_MAX = 1600, ROOM = 64 };

static void
must(bool true_whatever_comes_in)
{
	if (!true_whatever_comes_in)
		abort();
}

static void
make_host(struct dp_service *s, struct dp_host *host)
{
	static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 0x53};

	memset(s, 0, sizeof(*s));
	s->v4_cnt = s->v6_cnt = 1;
	memcpy(s->v4[0], (const uint8_t[]){192, 0, 2, 53}, 4);
	memcpy(s->v6[0], v6, sizeof(v6));
	host->service = s;
	memcpy(host->mac, (const uint8_t[]){2, 0, 0, 0, 0, 1}, DP_MAC_LEN);
}

/* Make it likely that what mutation broke is looked behind: right MAC, lengths and sums. */
static void
mend(const struct dp_host *host, uint8_t *f, size_t len)
{
	if (len < DP_ETHER_LEN + DP_IPV4_LEN)
		return;
	memcpy(f, host->mac, DP_MAC_LEN);
	f[6] &= 0xfe;
	if (dp_get_u16(f + 12) != DP_ETHER_IPV4)
		return;
	f[14] = 0x45;
	memcpy(f + 30, host->service->v4[0], 4);
	dp_put_u16(f + 16, len - DP_ETHER_LEN);
	dp_put_u16(f + 24, 0);

	uint16_t sum = dp_checksum_fold(dp_checksum_add(0, f + 14, DP_IPV4_LEN));
	memcpy(f + 24, &sum, 2);
	if (f[23] == DP_PROTO_UDP && len >= DP_ETHER_LEN + DP_IPV4_LEN + DP_UDP_LEN)
		dp_put_u16(f + 40, 0); /* no UDP checksum */
}

static void
answer(const struct dp_host *host, struct dp_packet *p, enum dp_packet_kind kind)
{
	struct dp_limit limit;

	dp_limit_init(&limit, DP_NEIGHBOUR_PER_S, DP_NEIGHBOUR_BURST, 0);
	if (dp_exception_wanted(host, kind, p))
		must(kind == DP_PACKET_TCP || kind == DP_PACKET_NEIGHBOUR);
	if (kind == DP_PACKET_NEIGHBOUR) {
		enum dp_neighbour n = dp_neighbour_answer(host, 5, &limit, p);

		must(n != DP_NEIGHBOUR_LIMITED);
		must(p->len <= p->cap);
	}
	if (kind != DP_PACKET_DNS)
		return;
	must(p->dns_off + p->dns_len <= p->len);

	size_t len = dp_packet_reply(p, p->dns_len);
	must(len <= p->cap && len <= p->len);
	/* both turned round once more, it is a query again, with all sums right */
	struct dp_packet again = *p;
	(void)dp_packet_reply(&again, p->dns_len);
	again.len = (uint16_t)len;
	must(dp_packet_classify(host, &again) == DP_PACKET_DNS);
	must(again.dns_off == p->dns_off && again.dns_len == p->dns_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp_service service;
	struct dp_host host;

	if (size < 1 || size - 1 > FRAME_MAX)
		return 0;

	size_t len = size - 1;
	size_t cap = len + data[0] % ROOM;
	uint8_t *f = malloc(cap + (cap == 0));
	struct dp_packet p = {.octets = f, .len = (uint16_t)len, .cap = (uint16_t)cap};

	must(f != NULL);
	memset(f, 0xa5, cap);
	memcpy(f, data + 1, len);
	make_host(&service, &host);
	if ((data[0] & 0x80) != 0)
		mend(&host, f, len);
	answer(&host, &p, dp_packet_classify(&host, &p));
	free(f);
	return 0;
}
