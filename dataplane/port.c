/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/port.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "lib/base/log.h"

enum {
	RX_DESC_CNT = 2048, /* net_af_xdp takes no other number gracefully */
	TX_DESC_CNT = 2048,
	POOL_CACHE_CNT = 256,
	ARG_CNT_MAX = 16 + DP_EAL_ARG_MAX + 2 * DP_PORT_MAX,
	MIB = 1 << 20,
	PAGE_LEN = 4096,
};

struct args {
	int cnt;
	char *v[ARG_CNT_MAX];
	char text[8192];
	size_t used;
};

/* One more argument; silently none when full: the sizes above are the sum of all there can be. */
static void
arg_add(struct args *a, const char *name, const char *value)
{
	char *at = a->text + a->used;
	size_t left = sizeof(a->text) - a->used;
	int len = snprintf(at, left, "%s%s", name, value);

	if (a->cnt >= ARG_CNT_MAX - 1 || len < 0 || (size_t)len >= left)
		return;
	a->v[a->cnt++] = at;
	a->used += (size_t)len + 1;
}

static unsigned
pool_cnt(const struct dp_options *o)
{
	unsigned port_cnt = o->port_cnt + (o->exception != NULL);

	return port_cnt * (RX_DESC_CNT + TX_DESC_CNT) +
	    o->spare_buffers; /* bursts, replies to waiters, the pool's cache */
}

static uint64_t
memory_mib(const struct dp_options *o, bool huge)
{
	/* No buffer crosses a page: of small pages each takes one. */
	uint64_t each = huge ? RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf) + 128 : PAGE_LEN;

	return 64 + o->workers * (pool_cnt(o) * each / MIB + 8);
}

static uint64_t
huge_free_mib(void)
{
	static const struct {
		const char *path;
		uint64_t mib;
	} kinds[] = {
	    {"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", 2},
	    {"/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", 1024},
	};
	uint64_t sum = 0;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned long long pages = 0;
		FILE *f = fopen(kinds[i].path, "re");

		if (f == NULL)
			continue;
		if (fscanf(f, "%llu", &pages) == 1)
			sum += pages * kinds[i].mib;
		fclose(f);
	}
	return sum;
}

static bool
want_hugepages(const struct dp_options *o)
{
	if (o->hugepages != DP_HUGEPAGES_AUTO)
		return o->hugepages == DP_HUGEPAGES_YES;
	return getenv(DP_HUGEPAGES_GONE) == NULL && huge_free_mib() >= memory_mib(o, true);
}

/* "0@(0,1),1@0,2@1": lcore 0 is the main thread, lcore 1 + i worker i. */
static void
lcores_text(unsigned workers, const cpu_set_t *cpus, char *text, size_t cap)
{
	unsigned cpu[CPU_SETSIZE];
	unsigned cnt = 0;
	size_t at = (size_t)snprintf(text, cap, "0@(");

	for (unsigned i = 0; i < CPU_SETSIZE && at < cap - 32; i++) {
		if (!CPU_ISSET(i, cpus))
			continue;
		at += (size_t)snprintf(text + at, cap - at, cnt == 0 ? "%u" : ",%u", i);
		cpu[cnt++] = i;
	}
	at += (size_t)snprintf(text + at, cap - at, ")");
	for (unsigned i = 0; i < workers && at < cap - 32; i++)
		at += (size_t)snprintf(
		    text + at, cap - at, ",%u@%u", i + 1, cpu[cnt == 0 ? 0 : i % cnt]);
}

int
dp_port_environment(const struct dp_options *o, const char *program)
{
	static struct args a; /* EAL keeps the pointers */
	char lcores[4096];
	char number[32];
	bool huge = want_hugepages(o);
	bool pci = false;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return -errno;
	lcores_text(o->workers, &cpus, lcores, sizeof(lcores));
	arg_add(&a, "", program);
	arg_add(&a, "--no-telemetry", "");
	arg_add(&a, "--main-lcore=0", "");
	arg_add(&a, "--lcores=", lcores);
	arg_add(&a, "--log-level=", "lib.eal:4");
	if (huge) {
		arg_add(&a, "--in-memory", ""); /* several dataplanes share a machine, no files */
	} else {
		arg_add(&a, "--no-huge", ""); /* EAL refuses it together with --in-memory */
		arg_add(&a, "--no-shconf", "");
	}
	snprintf(number, sizeof(number), "%llu", (unsigned long long)memory_mib(o, huge));
	arg_add(&a, "-m", number);
	for (unsigned i = 0; i < o->port_cnt; i++) {
		if (dp_devargs_virtual(o->port[i]))
			continue;
		pci = true;
		arg_add(&a, "--allow=", o->port[i]);
	}
	if (!pci)
		arg_add(&a, "--no-pci", "");
	for (unsigned i = 0; i < o->eal_cnt; i++)
		arg_add(&a, "", o->eal[i]);
	if (rte_eal_init(a.cnt, a.v) < 0) {
		if (huge && o->hugepages == DP_HUGEPAGES_AUTO)
			return -EAGAIN;
		hf_log(HF_LOG_ERROR, "port", "DPDK does not start: %s", rte_strerror(rte_errno));
		return -EIO;
	}
	return 0;
}

static int
pools_make(const struct dp_options *o, struct dp_ports *p)
{
	for (unsigned i = 0; i < o->workers; i++) {
		char name[32];

		snprintf(name, sizeof(name), "dp_pool_%u", i);
		p->pool[i] = rte_pktmbuf_pool_create(name, pool_cnt(o), POOL_CACHE_CNT, 0,
		    RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
		if (p->pool[i] == NULL) {
			hf_log(HF_LOG_ERROR, "port", "no memory for the packets of worker %u: %s",
			    i, rte_strerror(rte_errno));
			return -ENOMEM;
		}
	}
	return 0;
}

/* DPDK's name of a device is the devargs up to the first comma. */
static int
device_probe(const char *devargs, uint16_t *device)
{
	char name[64];
	int rc = 0;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(devargs, ","), devargs);
	if (dp_devargs_virtual(devargs))
		rc = rte_dev_probe(devargs);
	if (rc == 0)
		rc = rte_eth_dev_get_port_by_name(name, device);
	if (rc != 0)
		hf_log(HF_LOG_ERROR, "port", "%s does not open: %s", devargs, rte_strerror(-rc));
	return rc;
}

static int
device_configure(const char *name, uint16_t device, uint16_t queues)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(device, &info);

	if (rc != 0)
		return rc;
	if (info.max_rx_queues < queues || info.max_tx_queues < queues) {
		hf_log(HF_LOG_ERROR, "port",
		    "%s has %u receive and %u transmit queues, %u workers "
		    "need one each: fewer --workers, or more queues in --port",
		    name, info.max_rx_queues, info.max_tx_queues, queues);
		return -EINVAL;
	}
	if (queues > 1 && !dp_devargs_virtual(name)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
		    info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
	}
	if ((info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE; /* one pool per queue */
	return rte_eth_dev_configure(device, queues, queues, &conf);
}

/* Queues and start. Queue i takes its memory from pool[i]. */
static int
device_start(uint16_t device, uint16_t queues, struct rte_mempool *const pool[])
{
	uint16_t rx = RX_DESC_CNT, tx = TX_DESC_CNT;
	int socket = rte_eth_dev_socket_id(device);
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(device, &rx, &tx);

	for (uint16_t i = 0; rc == 0 && i < queues; i++) {
		rc = rte_eth_rx_queue_setup(device, i, rx, (unsigned)socket, NULL, pool[i]);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(device, i, tx, (unsigned)socket, NULL);
	}
	return rc == 0 ? rte_eth_dev_start(device) : rc;
}

/* Our MAC address, and reception of what it needs: neighbour solicitations are multicast. */
static int
port_address(struct dp_port *port, const uint8_t *mac)
{
	struct rte_ether_addr own;
	int rc = rte_eth_macaddr_get(port->device[0], &own);

	if (rc != 0)
		return rc;
	memcpy(port->host.mac, own.addr_bytes, DP_MAC_LEN);
	if (mac != NULL)
		memcpy(port->host.mac, mac, DP_MAC_LEN);
	else if (strncmp(port->name, "net_tap", 7) == 0)
		port->host.mac[5] ^= 1; /* the kernel's end of the wire has the port's own */

	bool other = memcmp(port->host.mac, own.addr_bytes, DP_MAC_LEN) != 0;
	for (unsigned i = 0; i < port->device_cnt; i++)
		if (rte_eth_allmulticast_enable(port->device[i]) != 0 || other)
			(void)rte_eth_promiscuous_enable(
			    port->device[i]); /* or receives all anyway */
	return 0;
}

/* Open device idx of cnt and give its queues to workers. */
static int
port_device(struct dp_port *port, const struct dp_ports *p, const char *devargs, unsigned idx)
{
	unsigned cnt = dp_devargs_device_cnt(devargs, p->worker_cnt);
	uint16_t queues = (uint16_t)(cnt == 1 ? p->worker_cnt : 1);
	char full[DP_DEVARGS_LEN];
	uint16_t device = 0;
	int rc = dp_devargs_of_device(devargs, p->worker_cnt, idx, full);

	if (rc == 0)
		rc = device_probe(full, &device);
	if (rc != 0)
		return rc;
	port->device[port->device_cnt++] = device;
	rc = device_configure(port->name, device, queues);
	if (rc == 0)
		rc = device_start(device, queues, p->pool + idx);
	for (uint16_t i = 0; i < queues; i++)
		port->lane[idx + i] = (struct dp_lane){.device = device, .queue = i};
	return rc;
}

/* Receive queues of the kernel's interface, 0 when it does not say. */
static unsigned
kernel_queues(const char *interface)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (void *)&channels};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return 0;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	rc = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return rc != 0 ? 0 : channels.rx_count + channels.combined_count;
}

/* AF_XDP serves the queues that have a socket; what the card puts into another goes to the
 * kernel, and clients wait for ever. */
static int
xdp_queues_check(const char *devargs, unsigned workers)
{
	const char *iface = strstr(devargs, ",iface=");
	char name[IF_NAMESIZE];

	if (iface == NULL || dp_devargs_device_cnt(devargs, HF_WORKER_MAX) == 1)
		return 0;
	iface += strlen(",iface=");
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(iface, ","), iface);

	unsigned cnt = kernel_queues(name);
	if (cnt <= workers)
		return 0;
	hf_log(HF_LOG_ERROR, "port",
	    "%s has %u receive queues, %u workers serve one each: more "
	    "--workers, or fewer queues (ethtool -L)",
	    name, cnt, workers);
	return -EINVAL;
}

static int
port_open(struct dp_ports *p, const struct dp_options *o, unsigned idx)
{
	struct dp_port *port = &p->port[p->cnt++];
	const char *devargs = o->port[idx];
	unsigned cnt = dp_devargs_device_cnt(devargs, o->workers);
	int rc = xdp_queues_check(devargs, o->workers);

	snprintf(port->name, sizeof(port->name), "%.*s", (int)strcspn(devargs, ","), devargs);
	port->host.service = &o->service;
	for (unsigned i = 0; rc == 0 && i < cnt; i++)
		rc = port_device(port, p, devargs, i);
	if (rc == 0)
		rc = port_address(port, idx < o->mac_cnt ? o->mac[idx] : NULL);
	if (rc != 0) {
		hf_log(
		    HF_LOG_ERROR, "port", "%s does not start: %s", port->name, rte_strerror(-rc));
		return rc;
	}

	const uint8_t *m = port->host.mac;
	hf_log(HF_LOG_INFO, "port", "%s is up, %02x:%02x:%02x:%02x:%02x:%02x, %u queues, %s",
	    port->name, m[0], m[1], m[2], m[3], m[4], m[5], o->workers,
	    rte_eal_has_hugepages() ? "huge pages" : "no huge pages");
	return 0;
}

/* A TAP whose kernel's end has the MAC address of port 0 (net_tap gives that end the address
 * in mac=): what it sends is ours to the clients, what they send to us is its own to take. */
static int
exception_open(struct dp_ports *p, const char *iface)
{
	struct dp_port *port = &p->port[DP_PORT_EXCEPTION];
	const uint8_t *m = p->port[0].host.mac;
	char devargs[DP_DEVARGS_LEN];

	snprintf(port->name, sizeof(port->name), "net_tap_exception");
	snprintf(devargs, sizeof(devargs), "%s,iface=%s,mac=%02x:%02x:%02x:%02x:%02x:%02x",
	    port->name, iface, m[0], m[1], m[2], m[3], m[4], m[5]);
	p->exception = true;

	int rc = port_device(port, p, devargs, 0);

	if (rc != 0)
		hf_log(HF_LOG_ERROR, "port", "the exception port %s does not start: %s", iface,
		    rte_strerror(-rc));
	else
		hf_log(HF_LOG_INFO, "port", "the exception port %s is up", iface);
	return rc;
}

int
dp_ports_open(const struct dp_options *o, struct dp_ports *p)
{
	memset(p, 0, sizeof(*p));
	p->worker_cnt = o->workers;

	int rc = pools_make(o, p);
	for (unsigned i = 0; rc == 0 && i < o->port_cnt; i++)
		rc = port_open(p, o, i);
	if (rc == 0 && o->exception != NULL)
		rc = exception_open(p, o->exception);
	return rc;
}

static void
port_close(const struct dp_port *port)
{
	for (unsigned i = 0; i < port->device_cnt; i++) {
		(void)rte_eth_dev_stop(port->device[i]);
		(void)rte_eth_dev_close(port->device[i]);
	}
}

void
dp_ports_close(struct dp_ports *p)
{
	for (unsigned i = 0; i < p->cnt; i++)
		port_close(&p->port[i]);
	if (p->exception)
		port_close(&p->port[DP_PORT_EXCEPTION]);
	for (unsigned i = 0; i < p->worker_cnt; i++)
		rte_mempool_free(p->pool[i]);
	p->cnt = 0;
	p->exception = false;
	p->worker_cnt = 0;
}
