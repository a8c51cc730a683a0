/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/units.h"

static size_t
octets_len(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

int
hf_addr_from_text(const char *text, struct hf_addr *a)
{
	char host[INET6_ADDRSTRLEN];
	size_t host_len = strcspn(text, "@");
	uint64_t port = 0;
	struct hf_addr r = {0};

	if (host_len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	if (text[host_len] == '@' &&
	    (hf_uint_from_text(text + host_len + 1, UINT16_MAX, &port) != 0 || port == 0))
		return -EINVAL;
	r.family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
	r.port = (uint16_t)port;
	if (inet_pton(r.family, host, r.octets) != 1)
		return -EINVAL;
	*a = r;
	return 0;
}

char *
hf_addr_to_text(const struct hf_addr *a, char buf[HF_ADDR_TEXT_LEN])
{
	if (octets_len(a->family) == 0) {
		strcpy(buf, "none");
		return buf;
	}
	inet_ntop(a->family, a->octets, buf, HF_ADDR_TEXT_LEN); /* 46 octets at most: fits */
	if (a->port != 0) {
		size_t len = strlen(buf);

		snprintf(buf + len, HF_ADDR_TEXT_LEN - len, "@%u", a->port);
	}
	return buf;
}

int
hf_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len, struct hf_addr *a)
{
	struct hf_addr r = {0};
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (len >= sizeof(in) && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		r.family = AF_INET;
		r.port = ntohs(in.sin_port);
		memcpy(r.octets, &in.sin_addr, 4);
	} else if (len >= sizeof(in6) && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		r.family = AF_INET6;
		r.port = ntohs(in6.sin6_port);
		memcpy(r.octets, &in6.sin6_addr, 16);
	} else {
		return -EINVAL;
	}
	*a = r;
	return 0;
}

socklen_t
hf_addr_to_sockaddr(const struct hf_addr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};

	memset(ss, 0, sizeof(*ss));
	if (a->family == AF_INET) {
		memcpy(&in.sin_addr, a->octets, 4);
		memcpy(ss, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family == AF_INET6) {
		memcpy(&in6.sin6_addr, a->octets, 16);
		memcpy(ss, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

bool
hf_addr_equal(const struct hf_addr *a, const struct hf_addr *b)
{
	return a->port == b->port && hf_addr_same_host(a, b);
}

bool
hf_addr_same_host(const struct hf_addr *a, const struct hf_addr *b)
{
	return a->family == b->family && memcmp(a->octets, b->octets, octets_len(a->family)) == 0;
}
