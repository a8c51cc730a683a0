/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/delegation.h"

#include <string.h>

size_t
cp_delegation_size(unsigned ns_cnt)
{
	return sizeof(struct cp_delegation) + ns_cnt * sizeof(struct cp_ns);
}

bool
cp_delegation_has(const struct cp_delegation *d, const struct hf_name *name)
{
	for (unsigned i = 0; i < d->ns_cnt; i++)
		if (hf_name_equal(&d->ns[i].name, name))
			return true;
	return false;
}

struct cp_ns *
cp_delegation_find(struct cp_delegation *d, const struct hf_name *name)
{
	for (unsigned i = 0; i < d->ns_cnt; i++)
		if (hf_name_equal(&d->ns[i].name, name))
			return &d->ns[i];
	return NULL;
}

unsigned
cp_delegation_addr_cnt(const struct cp_delegation *d)
{
	unsigned cnt = 0;

	for (unsigned i = 0; i < d->ns_cnt; i++)
		cnt += d->ns[i].addr_cnt;
	return cnt;
}

void
cp_delegation_add_ns(struct cp_delegation *d, const struct hf_name *name)
{
	if (d->ns_cnt < CP_NS_MAX && cp_delegation_find(d, name) == NULL)
		d->ns[d->ns_cnt++] = (struct cp_ns){.name = *name};
}

static bool
ns_has(const struct cp_ns *ns, const struct hf_addr *a)
{
	for (unsigned i = 0; i < ns->addr_cnt; i++)
		if (hf_addr_equal(&ns->addr[i], a))
			return true;
	return false;
}

unsigned
cp_ns_add_addrs(struct cp_ns *ns, const struct hf_rrset *set, uint16_t port, unsigned max, bool any)
{
	unsigned len = set->type == HF_TYPE_A ? 4 : 16, out = 0;

	for (unsigned i = 0; i < set->rr_cnt && ns->addr_cnt < max; i++) {
		struct hf_addr a = {.family = len == 4 ? AF_INET : AF_INET6, .port = port};

		if (set->rr[i].len != len || ns->addr_cnt >= CP_NS_ADDR_MAX)
			continue;
		memcpy(a.octets, set->rr[i].data, len);
		bool host = len == 4 ? hf_ipv4_is_host(a.octets) : hf_ipv6_is_host(a.octets);

		out += !any && !host;
		if ((any || host) && !ns_has(ns, &a))
			ns->addr[ns->addr_cnt++] = a;
	}
	return out;
}
