/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/options.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/pending.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

enum { LINE_LEN = 4096, UDP_MAX_LOWEST = 512, UDP_MAX_HIGHEST = 4096 };
enum { SPARE_BUFFERS_DEFAULT = 4096, SPARE_BUFFERS_HIGHEST = 1 << 22 };

static const uint64_t cache_lowest = UINT64_C(1) << 20;
static const uint64_t cache_highest = UINT64_C(1) << 40;

struct reader {
	struct dp_options *o;
	char *error;
	const char *where; /* "", or "file:line: " */
	uint64_t seen;     /* bit i: row i was given */
};

struct row {
	const char *name;
	const char *arg; /* NULL: takes none */
	const char *help;
	bool repeats;
	const char *(*set)(struct dp_options *o, const char *value); /* NULL or what is wanted */
};

static int
keep(char **slot, const char *value)
{
	*slot = strdup(value);
	return *slot == NULL ? -ENOMEM : 0;
}

static const char *
set_port(struct dp_options *o, const char *value)
{
	if (o->port_cnt == DP_PORT_MAX)
		return "at most 8 ports";
	if (value[0] == '\0' || strlen(value) > DP_DEVARGS_LEN - 64)
		return "DPDK devargs such as net_af_packet0,iface=eth1 or a PCI address";
	return keep(&o->port[o->port_cnt++], value) == 0 ? NULL : "memory";
}

static const char *
set_service(struct dp_options *o, const char *value)
{
	struct hf_addr a;

	if (hf_addr_from_text(value, &a) != 0 || a.port != 0)
		return "an IPv4 or IPv6 address, no port";
	switch (dp_service_add(&o->service, &a)) {
	case 0:
		return NULL;
	case -ENOSPC:
		return "at most 16 addresses of a family";
	default:
		return "a unicast address, once";
	}
}

static const char *
set_mac(struct dp_options *o, const char *value)
{
	uint8_t mac[DP_MAC_LEN];
	int used = 0;

	if (o->mac_cnt == DP_PORT_MAX)
		return "at most one for each port";
	if (sscanf(value, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		&mac[3], &mac[4], &mac[5], &used) != DP_MAC_LEN ||
	    used != 17 || value[17] != '\0' || (mac[0] & 1) != 0)
		return "a unicast MAC address such as 02:00:00:00:00:01";
	memcpy(o->mac[o->mac_cnt++], mac, DP_MAC_LEN);
	return NULL;
}

static const char *
set_workers(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, HF_WORKER_MAX, &v) != 0 || v == 0)
		return "a number in [1, 64]";
	o->workers = (unsigned)v;
	return NULL;
}

static const char *
set_idle(struct dp_options *o, const char *value)
{
	if (strcmp(value, "poll") == 0)
		o->idle = DP_IDLE_POLL;
	else if (strcmp(value, "adaptive") == 0)
		o->idle = DP_IDLE_ADAPTIVE;
	else
		return "poll or adaptive";
	return NULL;
}

static const char *
set_realtime(struct dp_options *o, const char *value)
{
	o->realtime = strcmp(value, "yes") == 0;
	return o->realtime || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

static const char *
set_cache_size(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_size_from_text(value, &v) != 0 || v < cache_lowest || v > cache_highest)
		return "a size in [1MiB, 1TiB]";
	o->cache_octets = v;
	return NULL;
}

static const char *
set_spare_buffers(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, SPARE_BUFFERS_HIGHEST, &v) != 0 || v < SPARE_BUFFERS_DEFAULT)
		return "a number in [4096, 4194304]";
	o->spare_buffers = (uint32_t)v;
	return NULL;
}

static const char *
set_udp_max(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, UDP_MAX_HIGHEST, &v) != 0 || v < UDP_MAX_LOWEST)
		return "a number of octets in [512, 4096]";
	o->udp_max = (uint16_t)v;
	return NULL;
}

static const char *
set_rotate(struct dp_options *o, const char *value)
{
	o->rotate = strcmp(value, "yes") == 0;
	return o->rotate || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

static const char *
set_id_server(struct dp_options *o, const char *value)
{
	return hf_identity_set(o->identity.server, value) == 0 ? NULL : "at most 128 characters";
}

static const char *
set_id_version(struct dp_options *o, const char *value)
{
	return hf_identity_set(o->identity.version, value) == 0 ? NULL : "at most 128 characters";
}

static const char *
set_nsid(struct dp_options *o, const char *value)
{
	return hf_identity_set(o->identity.nsid, value) == 0 ? NULL : "at most 128 characters";
}

static const char *
waiting_from_text(const char *value, uint32_t *out)
{
	uint64_t v;

	if (hf_uint_from_text(value, DP_WAITER_MAX_DEFAULT, &v) != 0 || v < 1)
		return "a number of replies in [1, 16384]";
	*out = (uint32_t)v;
	return NULL;
}

static const char *
set_client_waiting(struct dp_options *o, const char *value)
{
	return waiting_from_text(value, &o->client_waiting);
}

static const char *
set_cookie_waiting(struct dp_options *o, const char *value)
{
	return waiting_from_text(value, &o->cookie_waiting);
}

static const char *
rate_from_text(const char *value, uint32_t *out)
{
	uint64_t v;

	if (hf_uint_from_text(value, DP_BUCKET_PER_S_MAX, &v) != 0)
		return "a number in [0, 1000000]; 0: no limit";
	*out = (uint32_t)v;
	return NULL;
}

static const char *
set_client_rate(struct dp_options *o, const char *value)
{
	return rate_from_text(value, &o->gate.client_per_s);
}

static const char *
set_client_burst(struct dp_options *o, const char *value)
{
	return rate_from_text(value, &o->gate.client_burst) == NULL
	    ? NULL
	    : "a number in [0, 1000000]; 0: as many as flow in a second";
}

static const char *
set_rrl_answers(struct dp_options *o, const char *value)
{
	return rate_from_text(value, &o->gate.reply_per_s[DP_REPLY_ANSWER]);
}

static const char *
set_rrl_nxdomain(struct dp_options *o, const char *value)
{
	return rate_from_text(value, &o->gate.reply_per_s[DP_REPLY_NXDOMAIN]);
}

static const char *
set_rrl_errors(struct dp_options *o, const char *value)
{
	return rate_from_text(value, &o->gate.reply_per_s[DP_REPLY_ERROR]);
}

static const char *
set_rrl_window(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_duration_from_text(value, &v) != 0 || v < HF_NS_PER_S ||
	    v > (uint64_t)DP_BUCKET_WINDOW_MAX_S * HF_NS_PER_S)
		return "a duration in [1s, 60s]";
	o->gate.reply_window_s = (uint32_t)(v / HF_NS_PER_S);
	return NULL;
}

static const char *
set_rrl_ipv4(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, DP_CLIENT_V4_LEN, &v) != 0 || v < 8)
		return "a prefix length in [8, 32]";
	o->gate.net_v4_len = (uint8_t)v;
	return NULL;
}

static const char *
set_rrl_ipv6(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, DP_CLIENT_V6_LEN, &v) != 0 || v < 16)
		return "a prefix length in [16, 56]";
	o->gate.net_v6_len = (uint8_t)v;
	return NULL;
}

static const char *
set_slip(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, DP_GATE_SLIP_MAX, &v) != 0)
		return "a number in [0, 100]; 0: none";
	o->gate.slip = (uint32_t)v;
	return NULL;
}

/* "10.0.0.0/8 allow" */
static const char *
set_access(struct dp_options *o, const char *value)
{
	static const char *const wanted = "a network and allow, refuse or drop: 10.0.0.0/8,allow";
	char text[HF_PREFIX_TEXT_LEN];
	size_t len = strcspn(value, ",");
	enum hf_access_verdict verdict;
	struct hf_prefix prefix;

	if (value[len] == '\0' || len >= sizeof(text))
		return wanted;
	memcpy(text, value, len);
	text[len] = '\0';
	if (hf_prefix_from_text(text, &prefix) != 0 ||
	    hf_access_verdict_from_text(value + len + 1, &verdict) != 0)
		return wanted;
	switch (hf_access_add(&o->access, &prefix, verdict)) {
	case 0:
		return NULL;
	case -EEXIST:
		return "each network once";
	default:
		return "at most 4096 networks";
	}
}

static const char *
set_access_others(struct dp_options *o, const char *value)
{
	return hf_access_verdict_from_text(value, &o->access.others) == 0 ? NULL
									  : "allow, refuse or drop";
}

static const char *
set_exception(struct dp_options *o, const char *value)
{
	if (strcmp(value, "none") == 0)
		return NULL;
	if (value[0] == '\0' || strlen(value) >= IF_NAMESIZE || strpbrk(value, "/,:% ") != NULL)
		return "none, or the name of an interface, at most 15 characters";
	return keep(&o->exception, value) == 0 ? NULL : "memory";
}

static const char *
set_link(struct dp_options *o, const char *value)
{
	if (value[0] == '\0')
		return "a path";
	return keep(&o->link_path, value) == 0 ? NULL : "memory";
}

static const char *
set_link_uid(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_uint_from_text(value, UINT32_MAX - 1, &v) != 0)
		return "a numeric user id";
	o->link_uid = (uid_t)v;
	return NULL;
}

static const char *
set_hugepages(struct dp_options *o, const char *value)
{
	static const char *const text[] = {"auto", "yes", "no"};

	for (unsigned i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (strcmp(value, text[i]) == 0) {
			o->hugepages = (enum dp_hugepages)i;
			return NULL;
		}
	return "auto, yes or no";
}

static const char *
set_eal(struct dp_options *o, const char *value)
{
	if (o->eal_cnt == DP_EAL_ARG_MAX)
		return "at most 32";
	return keep(&o->eal[o->eal_cnt++], value) == 0 ? NULL : "memory";
}

static const char *
set_preload(struct dp_options *o, const char *value)
{
	return keep(&o->preload, value) == 0 ? NULL : "memory";
}

static const char *
set_stats_file(struct dp_options *o, const char *value)
{
	return keep(&o->stats_file, value) == 0 ? NULL : "memory";
}

static const char *
set_run_for(struct dp_options *o, const char *value)
{
	uint64_t v;

	if (hf_duration_from_text(value, &v) != 0 || v == 0)
		return "a duration such as 5s";
	o->run_for_ns = v;
	return NULL;
}

static const char *
set_log_level(struct dp_options *o, const char *value)
{
	return hf_log_level_from_text(value, &o->log_level) == 0 ? NULL
								 : "error, warn, info or debug";
}

enum { ROW_HELP, ROW_ARGS_FILE };

static const struct row rows[] = {
    [ROW_HELP] = {"help", NULL, "print this and exit", false, NULL},
    [ROW_ARGS_FILE] = {"args-file", "FILE",
	"read options from FILE: one a line, without the dashes, value behind a blank\n"
	"or '='; lines that begin with '#' are comments",
	true, NULL},
    {"port", "DEVARGS",
	"a DPDK port (repeatable): net_af_packet0,iface=IF, net_af_xdp0,iface=IF,\n"
	"net_tap0,iface=IF, net_memif0,..., net_pcap0,..., or a PCI address",
	true, set_port},
    {"service", "ADDR", "an IPv4 or IPv6 address to answer on (repeatable)", true, set_service},
    {"mac", "MAC",
	"MAC address of the first port, the second... (default: the port's own;\n"
	"for net_tap one beside it, because the kernel's end has the port's)",
	true, set_mac},
    {"workers", "N", "worker cores, each with a queue of every port (default 1)", false,
	set_workers},
    {"idle", "poll|adaptive", "adaptive (default): idle workers sleep until woken", false,
	set_idle},
    {"realtime", "yes|no",
	"yes: workers run SCHED_FIFO, before all else on their CPUs (default no);\n"
	"needs CAP_SYS_NICE or a limit RTPRIO",
	false, set_realtime},
    {"cache-size", "SIZE", "memory for cached answers (default 64MiB)", false, set_cache_size},
    {"spare-buffers", "N",
	"packet buffers of each worker besides those of its descriptors (default\n"
	"4096); net_pcap with infinite_rx keeps its whole file in them",
	false, set_spare_buffers},
    {"rotate", "yes|no", "another order of addresses in each reply (default no)", false,
	set_rotate},
    {"udp-max", "N", "largest answer over UDP, octets (default 1232)", false, set_udp_max},
    {"id-server", "TEXT|hostname|hidden", "id.server and hostname.bind (default hidden)", false,
	set_id_server},
    {"id-version", "TEXT|hidden", "version.server and version.bind (default hidden)", false,
	set_id_version},
    {"nsid", "TEXT|hostname|hidden", "name server identifier, RFC 5001 (default hidden)", false,
	set_nsid},
    {"client-waiting", "N", "replies one client may wait for at once (default 256)", false,
	set_client_waiting},
    {"cookie-waiting", "N", "the same, for a client with a DNS cookie (default 2048)", false,
	set_cookie_waiting},
    {"client-rate", "N",
	"queries a second that one client (IPv4 address, IPv6 /56) may ask on one\n"
	"core (default 0: no limit)",
	false, set_client_rate},
    {"client-burst", "N", "of these at once (default 0: as many as flow in a second)", false,
	set_client_burst},
    {"rrl-answers", "N", "replies NOERROR a second to one network (default 0: no limit)", false,
	set_rrl_answers},
    {"rrl-nxdomain", "N", "the same for NXDOMAIN", false, set_rrl_nxdomain},
    {"rrl-errors", "N", "the same for all others", false, set_rrl_errors},
    {"rrl-window", "DURATION", "so many seconds' worth may go at once (default 15s)", false,
	set_rrl_window},
    {"rrl-ipv4", "N", "bits of an address that make a network (default 24)", false, set_rrl_ipv4},
    {"rrl-ipv6", "N", "the same for IPv6 (default 56)", false, set_rrl_ipv6},
    {"slip", "N", "one in N that is over a rate is answered with TC; 0: none (default 2)", false,
	set_slip},
    {"access", "NETWORK,VERDICT",
	"allow, refuse or drop queries of this network (repeatable); the longest\n"
	"prefix decides",
	true, set_access},
    {"access-others", "VERDICT", "the same for everybody else (default allow)", false,
	set_access_others},
    {"exception", "IFACE|none",
	"hand TCP to the service addresses to the kernel by this TAP\n"
	"interface, which is made (default none); see docs/operator-guide.md",
	false, set_exception},
    {"link", "PATH", "socket for the control plane (default /run/holdfast/link.sock)", false,
	set_link},
    {"link-uid", "UID", "user that may attach, besides root and our own", false, set_link_uid},
    {"hugepages", "auto|yes|no", "auto (default): use them when enough are free", false,
	set_hugepages},
    {"eal", "ARG", "one more argument for DPDK's EAL (repeatable)", true, set_eal},
    {"preload", "FILE",
	"take these messages at start: ANSWER, POLICY_*, COOKIES (lib/link/msg.h),\n"
	"each behind its length as a 32-bit integer in host order",
	false, set_preload},
    {"stats-file", "PATH", "write the counters as JSON at exit and on SIGUSR1", false,
	set_stats_file},
    {"run-for", "DURATION", "exit after so long (default: run until a signal)", false, set_run_for},
    {"log-level", "LEVEL", "error, warn, info (default) or debug", false, set_log_level},
};
enum { ROW_CNT = sizeof(rows) / sizeof(rows[0]) };

__attribute__((format(printf, 2, 3))) static int
refuse(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int at = snprintf(r->error, DP_OPTIONS_ERROR_LEN, "%.128s", r->where);

	va_start(ap, fmt);
	vsnprintf(r->error + at, (size_t)(DP_OPTIONS_ERROR_LEN - at), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static unsigned
row_find(const char *name, size_t len)
{
	unsigned i = 0;

	while (i < ROW_CNT && (strncmp(rows[i].name, name, len) != 0 || rows[i].name[len] != '\0'))
		i++;
	return i;
}

/* One option that is neither help nor args-file. */
static int
apply(struct reader *r, unsigned idx, const char *value)
{
	const struct row *row = &rows[idx];

	if (!row->repeats && (r->seen >> idx & 1) != 0)
		return refuse(r, "--%s is given twice", row->name);
	r->seen |= UINT64_C(1) << idx;

	const char *wanted = row->set(r->o, value);
	if (wanted != NULL)
		return refuse(r, "--%s %.128s: wanted %s", row->name, value, wanted);
	return 0;
}

/* "name value", "name=value"; text is cut up in place. */
static int
apply_line(struct reader *r, char *text)
{
	size_t len = strcspn(text, "= \t");
	unsigned idx = row_find(text, len);

	if (idx == ROW_CNT || idx == ROW_HELP || idx == ROW_ARGS_FILE)
		return refuse(
		    r, "no option \"%.*s\" in an args file", (int)(len < 64 ? len : 64), text);

	char *value = text + len;
	if (*value != '\0')
		value++;
	value += strspn(value, " \t");
	for (size_t end = strlen(value); end > 0 && strchr(" \t\r", value[end - 1]) != NULL; end--)
		value[end - 1] = '\0';
	if (*value == '\0')
		return refuse(r, "--%s wants a value: %s", rows[idx].name, rows[idx].arg);
	return apply(r, idx, value);
}

static int
read_args_file(struct reader *r, const char *path)
{
	char line[LINE_LEN];
	char where[192];
	int rc = 0;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return refuse(r, "--args-file %.128s: %s", path, strerror(errno));
	for (unsigned n = 1; rc == 0 && fgets(line, sizeof(line), f) != NULL; n++) {
		size_t len = strcspn(line, "\n");
		char *text = line + strspn(line, " \t");

		snprintf(where, sizeof(where), "%.96s:%u: ", path, n);
		r->where = where;
		if (line[len] == '\0' && !feof(f))
			rc = refuse(r, "line longer than %d octets", LINE_LEN);
		line[len] = '\0';
		if (rc == 0 && *text != '\0' && *text != '#')
			rc = apply_line(r, text);
	}
	r->where = "";
	fclose(f);
	return rc;
}

/* The option at argv[*at]; steps over what it takes. 0, 1 for help, or -EINVAL. */
static int
read_argument(struct reader *r, int argc, char *const argv[], int *at)
{
	const char *text = argv[(*at)++];

	if (strcmp(text, "-h") == 0)
		text = "--help";
	if (strncmp(text, "--", 2) != 0)
		return refuse(r, "\"%.128s\" is no option", text);
	text += 2;

	size_t len = strcspn(text, "=");
	unsigned idx = row_find(text, len);
	if (idx == ROW_CNT)
		return refuse(r, "no option \"--%.128s\"", text);
	if (idx == ROW_HELP)
		return 1;

	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	if (value == NULL && *at < argc)
		value = argv[(*at)++];
	if (value == NULL)
		return refuse(r, "--%s wants a value: %s", rows[idx].name, rows[idx].arg);
	return idx == ROW_ARGS_FILE ? read_args_file(r, value) : apply(r, idx, value);
}

static int
check_whole(struct reader *r)
{
	const struct dp_options *o = r->o;

	if (o->port_cnt == 0)
		return refuse(r, "no --port");
	if (o->service.v4_cnt + o->service.v6_cnt == 0)
		return refuse(r, "no --service");
	if (o->mac_cnt > o->port_cnt)
		return refuse(r, "--mac is given %u times for %u ports", o->mac_cnt, o->port_cnt);
	return 0;
}

enum dp_options_result
dp_options_parse(
    int argc, char *const argv[], struct dp_options *o, char error[DP_OPTIONS_ERROR_LEN])
{
	struct reader r = {.o = o, .error = error, .where = ""};
	int rc = 0;

	*o = (struct dp_options){
	    .workers = 1,
	    .spare_buffers = SPARE_BUFFERS_DEFAULT,
	    .cache_octets = UINT64_C(64) << 20,
	    .udp_max = HF_UDP_EDNS_SEND,
	    .client_waiting = DP_CLIENT_WAITING_DEFAULT,
	    .cookie_waiting = DP_COOKIE_WAITING_DEFAULT,
	    .gate = {.slip = DP_GATE_SLIP_DEFAULT,
		.reply_window_s = DP_GATE_WINDOW_DEFAULT_S,
		.net_v4_len = DP_RRL_V4_LEN_DEFAULT,
		.net_v6_len = DP_RRL_V6_LEN_DEFAULT},
	    .link_uid = getuid(),
	    .log_level = HF_LOG_INFO,
	};
	for (int at = 1; rc == 0 && at < argc;)
		rc = read_argument(&r, argc, argv, &at);
	if (rc == 0)
		rc = check_whole(&r);
	if (rc == 0 && o->link_path == NULL && keep(&o->link_path, "/run/holdfast/link.sock") != 0)
		rc = refuse(&r, "no memory");
	if (rc < 0)
		return DP_OPTIONS_WRONG;
	return rc == 0 ? DP_OPTIONS_RUN : DP_OPTIONS_HELP;
}

void
dp_options_fini(struct dp_options *o)
{
	for (unsigned i = 0; i < o->port_cnt; i++)
		free(o->port[i]);
	for (unsigned i = 0; i < o->eal_cnt; i++)
		free(o->eal[i]);
	hf_access_fini(&o->access);
	free(o->exception);
	free(o->link_path);
	free(o->preload);
	free(o->stats_file);
	memset(o, 0, sizeof(*o));
}

static void
help_row(FILE *to, const struct row *row)
{
	char head[48];
	const char *text = row->help;

	snprintf(head, sizeof(head), "--%s %s", row->name, row->arg == NULL ? "" : row->arg);
	fprintf(to, "  %-24s ", head);
	for (size_t len; *text != '\0'; text += len) {
		len = strcspn(text, "\n");
		fprintf(to, "%.*s\n", (int)len, text);
		if (text[len] == '\n') {
			fprintf(to, "  %-24s ", "");
			len++;
		}
	}
}

void
dp_options_help(FILE *to)
{
	fputs("usage: holdfast-dataplane --port DEVARGS --service ADDR [options]\n\n"
	      "Answers DNS queries from its cache at line rate; hands what it does not have to\n"
	      "the control plane. Options (see docs/operator-guide.md for the reasons):\n\n",
	    to);
	for (unsigned i = 0; i < ROW_CNT; i++)
		help_row(to, &rows[i]);
	fputs("\nExit status: 0 done, 1 failed, 2 wrong usage.\n", to);
}

bool
dp_devargs_virtual(const char *devargs)
{
	return strchr(devargs, ':') == NULL || strncmp(devargs, "net_", 4) == 0;
}

/* net_af_xdp, the queues left to us. */
static bool
one_queue_each(const char *devargs)
{
	return strncmp(devargs, "net_af_xdp", 10) == 0 &&
	    strstr(devargs, ",queue_count=") == NULL && strstr(devargs, ",start_queue=") == NULL;
}

unsigned
dp_devargs_device_cnt(const char *devargs, unsigned workers)
{
	return one_queue_each(devargs) ? workers : 1;
}

int
dp_devargs_of_device(const char *devargs, unsigned workers, unsigned idx, char out[DP_DEVARGS_LEN])
{
	int name_len = (int)strcspn(devargs, ",");
	int len;

	if (strncmp(devargs, "net_af_packet", 13) == 0 && strstr(devargs, ",qpairs=") == NULL)
		len = snprintf(out, DP_DEVARGS_LEN, "%s,qpairs=%u", devargs, workers);
	else if (one_queue_each(devargs))
		len = snprintf(out, DP_DEVARGS_LEN, "%.*s_%u%s,start_queue=%u,queue_count=1",
		    name_len, devargs, idx, devargs + name_len, idx);
	else
		len = snprintf(out, DP_DEVARGS_LEN, "%s", devargs);
	return len < DP_DEVARGS_LEN ? 0 : -ENAMETOOLONG;
}
