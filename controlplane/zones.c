/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/zones.h"

#include <errno.h>
#include <stdlib.h>

static void
add(struct cp_zones *z, const struct hf_config_zone *from, enum cp_zone_kind kind)
{
	z->item[z->cnt++] = (struct cp_zone){
	    .name = from->name,
	    .kind = kind,
	    .insecure = !from->validate,
	    .addrs = from->servers.addr,
	    .addr_cnt = from->servers.addr_cnt,
	    .servers = from->servers.name,
	    .server_cnt = from->servers.name_cnt,
	};
}

int
cp_zones_init(struct cp_zones *z, const struct hf_config *config)
{
	const struct hf_config_zone_list *forwards = &config->forwards, *stubs = &config->stubs;

	z->cnt = 0;
	z->item = calloc(forwards->cnt + stubs->cnt + 1, sizeof(*z->item));
	if (z->item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < forwards->cnt; i++)
		add(z, &forwards->item[i],
		    forwards->item[i].first ? CP_ZONE_FORWARD_FIRST : CP_ZONE_FORWARD);
	for (size_t i = 0; i < stubs->cnt; i++)
		add(z, &stubs->item[i], CP_ZONE_STUB);
	return 0;
}

void
cp_zones_fini(struct cp_zones *z)
{
	free(z->item);
	z->item = NULL;
	z->cnt = 0;
}
