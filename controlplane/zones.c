/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/zones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/local_zones.h"

static void
add_asked(struct cp_zones *z, const struct hf_config_zone *from, enum cp_zone_kind kind)
{
	z->item[z->cnt++] = (struct cp_zone){
	    .name = from->name,
	    .kind = kind,
	    .insecure = !from->validate,
	    .no_cache = kind != CP_ZONE_STUB && !from->cache,
	    .addrs = from->servers.addr,
	    .addr_cnt = from->servers.addr_cnt,
	    .servers = from->servers.name,
	    .server_cnt = from->servers.name_cnt,
	};
}

static bool
is_there(const struct cp_zones *z, const struct hf_name *name)
{
	for (size_t i = 0; i < z->cnt; i++)
		if (hf_name_equal(&z->item[i].name, name))
			return true;
	return false;
}

/* Unless a forwarder or stub has the name. */
static void
add_local(struct cp_zones *z, const struct hf_name *name)
{
	if (!is_there(z, name))
		z->item[z->cnt++] = (struct cp_zone){.name = *name, .kind = CP_ZONE_LOCAL};
}

static enum hf_local_zone
chosen(const struct hf_config *config, const struct hf_name *name)
{
	for (size_t i = 0; i < config->local_zones.cnt; i++)
		if (hf_name_equal(&config->local_zones.item[i].name, name))
			return (enum hf_local_zone)config->local_zones.item[i].word;
	return HF_LOCAL_DEFAULT;
}

static int
add_built_in(struct cp_zones *z, const struct hf_config *config)
{
	struct hf_name name;
	int rc = 0;

	for (size_t i = 0; rc == 0 && cp_local_zone(i, &name); i++) {
		enum hf_local_zone how = chosen(config, &name);

		if (how == HF_LOCAL_OFF || is_there(z, &name))
			continue;
		add_local(z, &name);
		if (how == HF_LOCAL_DEFAULT)
			rc = cp_local_zone_data(&name, &z->data);
	}
	return rc;
}

/* A record, or the path of a file of them. */
static int
add_data(struct cp_zones *z, const char *text, size_t number, char *err)
{
	char name[48];
	struct hf_zonetext from = {.name = name};
	int rc;

	snprintf(name, sizeof(name), "local-data item %zu", number);
	if (text[0] == '/') {
		from.name = text;
		rc = hf_zonetext_load(&from, &z->data);
	} else {
		rc = hf_zonetext_parse(&from, text, strlen(text), &z->data);
	}
	snprintf(err, HF_ZONETEXT_ERROR_LEN, "%s", from.err);
	return rc;
}

int
cp_zones_init(struct cp_zones *z, const struct hf_config *config, char err[HF_ZONETEXT_ERROR_LEN])
{
	const struct hf_config_zone_list *forwards = &config->forwards, *stubs = &config->stubs;
	size_t room = forwards->cnt + stubs->cnt + config->local_zones.cnt + CP_LOCAL_ZONES_MAX;
	int rc;

	hf_rrsets_init(&z->data);
	z->cnt = 0;
	z->item = calloc(room, sizeof(*z->item));
	snprintf(err, HF_ZONETEXT_ERROR_LEN, "out of memory");
	if (z->item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < forwards->cnt; i++)
		add_asked(z, &forwards->item[i],
		    forwards->item[i].first ? CP_ZONE_FORWARD_FIRST : CP_ZONE_FORWARD);
	for (size_t i = 0; i < stubs->cnt; i++)
		add_asked(z, &stubs->item[i], CP_ZONE_STUB);
	rc = add_built_in(z, config);
	for (size_t i = 0; i < config->local_zones.cnt; i++)
		if (config->local_zones.item[i].word == HF_LOCAL_EMPTY)
			add_local(z, &config->local_zones.item[i].name);
	for (size_t i = 0; rc == 0 && i < config->local_data.cnt; i++)
		rc = add_data(z, config->local_data.item[i], i + 1, err);
	return rc;
}

void
cp_zones_fini(struct cp_zones *z)
{
	hf_rrsets_fini(&z->data);
	free(z->item);
	z->item = NULL;
	z->cnt = 0;
}
