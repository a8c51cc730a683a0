/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfastctl config check | show | dataplane: works without a control plane. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "lib/base/clock.h"
#include "lib/config/schema.h"

static json_t *
errors_json(const struct hf_config_errors *errors)
{
	json_t *list = json_array();

	for (size_t i = 0; i < errors->cnt && i < HF_CONFIG_ERROR_MAX; i++)
		json_array_append_new(list, json_string(errors->text[i] ? errors->text[i] : "?"));
	return list;
}

static void
print_json(json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}

static void
tell_errors(const struct cl_line *line, const struct hf_config_errors *errors)
{
	for (size_t i = 0; i < errors->cnt && i < HF_CONFIG_ERROR_MAX; i++)
		fprintf(stderr, "%s\n", errors->text[i] ? errors->text[i] : "?");
	if (errors->cnt > HF_CONFIG_ERROR_MAX)
		fprintf(stderr, "and %zu more\n", errors->cnt - HF_CONFIG_ERROR_MAX);
	if (line->json)
		print_json(
		    json_pack("{s:b, s:{s:i, s:s, s:o}}", "ok", 0, "error", "exit", CL_FAILED,
			"text", "the configuration is not valid", "errors", errors_json(errors)));
}

/* Read the operand, or the file of --config. CL_DONE and *c to be freed, or told. */
static int
load(const struct cl_line *line, struct hf_config *c, const char **path)
{
	struct hf_config_errors errors;

	*path = line->argc > 0 ? line->argv[0] : line->config;
	int e = hf_config_load(*path, c, &errors);
	if (e != 0)
		tell_errors(line, &errors);
	hf_config_errors_fini(&errors);
	return e == 0 ? CL_DONE : CL_FAILED;
}

int
cl_config_check(const struct cl_line *line)
{
	struct hf_config c;
	const char *path;
	int rc = load(line, &c, &path);

	if (rc != CL_DONE)
		return rc;
	hf_config_fini(&c);
	if (line->json)
		print_json(json_pack("{s:b, s:{s:s}}", "ok", 1, "result", "file", path));
	else
		printf("%s: valid\n", path);
	return CL_DONE;
}

int
cl_config_show(const struct cl_line *line)
{
	char value[HF_SCHEMA_SHOW_LEN];
	struct hf_config c;
	const char *path, *section = "";
	json_t *all = json_object();
	int rc = load(line, &c, &path);

	for (size_t i = 0; rc == CL_DONE && i < hf_schema_cnt; i++) {
		const struct hf_schema_key *k = &hf_schema[i];
		char key[128];
		hf_schema_show(k, &c, value);
		snprintf(key, sizeof(key), "%s%s%s", k->section, k->section[0] ? "." : "", k->name);
		json_object_set_new(all, key, json_string(value));
		if (line->json)
			continue;
		if (strcmp(section, k->section) != 0)
			printf("%s:\n", section = k->section);
		printf("%s%s: %s\n", k->section[0] ? "  " : "", k->name, value);
	}
	if (rc == CL_DONE && line->json)
		print_json(json_pack("{s:b, s:O}", "ok", 1, "result", all));
	if (rc == CL_DONE)
		hf_config_fini(&c);
	json_decref(all);
	return rc;
}

static void
print_limits(const struct hf_config *c)
{
	printf("client-rate=%" PRIu64 "\n", c->limit_client_rate);
	printf("client-burst=%" PRIu64 "\n", c->limit_client_burst);
	printf("slip=%" PRIu64 "\n", c->limit_slip);
	printf("rrl-answers=%" PRIu64 "\n", c->rrl_answers);
	printf("rrl-nxdomain=%" PRIu64 "\n", c->rrl_nxdomain);
	printf("rrl-errors=%" PRIu64 "\n", c->rrl_errors);
	printf("rrl-window=%" PRIu64 "s\n", (uint64_t)(c->rrl_window_ns / HF_NS_PER_S));
	printf("rrl-ipv4=%" PRIu64 "\n", c->rrl_ipv4_prefix);
	printf("rrl-ipv6=%" PRIu64 "\n", c->rrl_ipv6_prefix);
}

static void
print_access(const struct hf_config *c)
{
	struct hf_access a = hf_config_access(c);
	char prefix[HF_PREFIX_TEXT_LEN];

	for (size_t i = 0; i < a.cnt; i++)
		printf("access=%s,%s\n", hf_prefix_to_text(&a.rule[i].prefix, prefix),
		    hf_access_verdict_text(a.rule[i].verdict));
	printf("access-others=%s\n", hf_access_verdict_text(a.others));
}

/* The dataplane reads no YAML: its part of the file as one option a line. */
int
cl_config_dataplane(const struct cl_line *line)
{
	static const char *const idle[] = {"adaptive", "poll"};
	static const char *const pages[] = {"auto", "yes", "no"};
	char addr[HF_ADDR_TEXT_LEN];
	struct hf_config c;
	const char *path;
	int rc = load(line, &c, &path);

	if (rc != CL_DONE)
		return rc;
	for (size_t i = 0; i < c.ports.cnt; i++)
		printf("port=%s\n", c.ports.item[i]);
	for (size_t i = 0; i < c.service_addresses.cnt; i++)
		printf("service=%s\n", hf_addr_to_text(&c.service_addresses.item[i], addr));
	printf("workers=%" PRIu64 "\n", c.workers);
	printf("idle=%s\n", idle[c.idle]);
	printf("realtime=%s\n", c.realtime ? "yes" : "no");
	printf("hugepages=%s\n", pages[c.hugepages]);
	printf("cache-size=%" PRIu64 "B\n", c.dataplane_cache_octets);
	printf("udp-max=%" PRIu64 "\n", c.udp_size);
	printf("rotate=%s\n", c.rotate ? "yes" : "no");
	printf("client-waiting=%" PRIu64 "\n", c.limit_client_waiting);
	printf("cookie-waiting=%" PRIu64 "\n", c.limit_cookie_waiting);
	print_limits(&c);
	print_access(&c);
	printf("id-server=%s\n", c.id_server);
	printf("id-version=%s\n", c.id_version);
	printf("nsid=%s\n", c.nsid);
	printf("exception=%s\n", c.exception);
	printf("link=%s\n", c.link_socket);
	printf("log-level=%s\n",
	    ((const char *const[]){"error", "warn", "info", "debug"})[c.log_level]);
	hf_config_fini(&c);
	return CL_DONE;
}
