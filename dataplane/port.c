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

#include "dataplane/access.h"
#include "dataplane/rss.h"
#include "lib/base/log.h"
#include "lib/base/rand.h"

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

	return 64 + o->workers * (pool_cnt(o) * each / MIB + 8) + dp_access_mib(&o->access);
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

/* The NUMA node of worker i's CPU: it touches each packet several times, a card once. */
static int
worker_node(unsigned i)
{
	return (int)rte_lcore_to_socket_id(i + 1);
}

static struct rte_mempool *
pool_make(const struct dp_options *o, unsigned worker, int node)
{
	char name[32];

	snprintf(name, sizeof(name), "dp_pool_%u", worker);
	return rte_pktmbuf_pool_create(
	    name, pool_cnt(o), POOL_CACHE_CNT, 0, RTE_MBUF_DEFAULT_BUF_SIZE, node);
}

static int
pools_make(const struct dp_options *o, struct dp_ports *p)
{
	for (unsigned i = 0; i < o->workers; i++) {
		p->pool[i] = pool_make(o, i, worker_node(i));
		if (p->pool[i] == NULL) {
			p->pool[i] = pool_make(o, i, SOCKET_ID_ANY);
			if (p->pool[i] != NULL)
				hf_log(HF_LOG_WARN, "port",
				    "packets of worker %u are not on its NUMA node %d: no memory "
				    "there",
				    i, worker_node(i));
		}
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

/* How a port of a driver gets more queues; NULL: it does not. */
static const char *
queues_hint(const char *name)
{
	static const struct {
		const char *driver, *hint;
	} hints[] = {
	    {"net_af_packet", "leave qpairs= out of --port, it is filled in"},
	    {"net_af_xdp", "leave start_queue= and queue_count= out of --port, they are filled in"},
	    {"net_pcap", "give --port a rx_pcap= (and tx_pcap=) for each worker, or an iface="},
	};

	for (unsigned i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strncmp(name, hints[i].driver, strlen(hints[i].driver)) == 0)
			return hints[i].hint;
	return NULL;
}

static int
queues_check(const char *name, const struct rte_eth_dev_info *info, uint16_t workers)
{
	const char *hint = queues_hint(name);
	uint16_t most =
	    info->max_rx_queues < info->max_tx_queues ? info->max_rx_queues : info->max_tx_queues;

	if (workers <= most)
		return 0;
	hf_log(HF_LOG_ERROR, "port",
	    "%s has %u receive and %u transmit queues, %u workers need one each: --workers %u%s%s",
	    name, info->max_rx_queues, info->max_tx_queues, workers, most,
	    hint == NULL ? "" : ", or ", hint == NULL ? "" : hint);
	return -EINVAL;
}

#define RX_SUMS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)

/* Flows over the queues of a card: by addresses and UDP ports, as far as it offers to. The kernel
 * does it by itself for net_tap, net_af_packet and net_af_xdp. */
static void
rss_set(const struct dp_ports *p, const char *name, const struct rte_eth_dev_info *info,
    struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;

	if (strncmp(name, "net_tap", 7) == 0)
		return;
	rss->rss_hf = info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
	if (rss->rss_hf == 0) {
		if (!dp_devargs_virtual(name))
			hf_log(HF_LOG_WARN, "port", "%s spreads no flows over its queues", name);
		return;
	}
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	if (info->hash_key_size == 0) {
		hf_log(HF_LOG_INFO, "port", "%s spreads flows by a key of its own", name);
		return;
	}
	rss->rss_key = (uint8_t *)(uintptr_t)p->rss_key; /* drivers only read it */
	rss->rss_key_len = info->hash_key_size;
	hf_log(HF_LOG_INFO, "port",
	    "%s spreads flows by a random symmetric key of %u octets, over addresses%s", name,
	    rss->rss_key_len, (rss->rss_hf & RTE_ETH_RSS_UDP) != 0 ? " and UDP ports" : "");
}

static int
device_configure(
    const struct dp_ports *p, const char *name, uint16_t device, uint16_t queues, bool interrupts)
{
	struct rte_eth_conf conf = {.intr_conf.rxq = interrupts};
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(device, &info);

	if (rc == 0)
		rc = queues_check(name, &info, queues);
	if (rc != 0)
		return rc;
	if (queues > 1)
		rss_set(p, name, &info, &conf);
	/* A card that looks at checksums says so with each packet. A virtual device that does would
	 * do by more work what we do by less. */
	if (!dp_devargs_virtual(name) && (info.rx_offload_capa & RX_SUMS) == RX_SUMS)
		conf.rxmode.offloads |= RX_SUMS;
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

/* Whether DPDK's receive interrupts are worth asking for. Of the virtual drivers only net_tap has
 * them as a descriptor that is there from the start. */
static bool
device_interrupts(const struct dp_ports *p, const char *name)
{
	return p->interrupts && (!dp_devargs_virtual(name) || strncmp(name, "net_tap", 7) == 0);
}

/* Configure, start, and find what wakes a worker that sleeps. Interrupts are a favour: a device
 * that does not start with them starts without. */
static int
device_up(
    const struct dp_ports *p, const char *name, uint16_t device, uint16_t queues, unsigned first)
{
	bool interrupts = device_interrupts(p, name);
	int rc = device_configure(p, name, device, queues, interrupts);

	if (rc == 0)
		rc = device_start(device, queues, p->pool + first);
	if (rc != 0 && rc != -EINVAL && interrupts) {
		hf_log(HF_LOG_WARN, "port", "%s does not start with receive interrupts", name);
		interrupts = false;
		rc = device_configure(p, name, device, queues, false);
		if (rc == 0)
			rc = device_start(device, queues, p->pool + first);
	}
	return rc < 0 ? rc : interrupts;
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
	struct dp_waker_sockets sockets;
	char full[DP_DEVARGS_LEN];
	uint16_t device = 0;
	int rc = dp_devargs_of_device(devargs, p->worker_cnt, idx, full);

	dp_waker_look(&sockets);
	if (rc == 0)
		rc = device_probe(full, &device);
	if (rc != 0)
		return rc;
	port->device[port->device_cnt++] = device;
	rc = device_up(p, port->name, device, queues, idx);
	if (rc > 0)
		dp_waker_find_interrupts(device, queues, port->waker + idx);
	else if (rc == 0)
		dp_waker_find_sockets(&sockets, queues, port->waker + idx);
	for (uint16_t i = 0; i < queues; i++)
		port->lane[idx + i] = (struct dp_lane){.device = device, .queue = i};
	return rc < 0 ? rc : 0;
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
	struct hf_rand r;

	memset(p, 0, sizeof(*p));
	p->worker_cnt = o->workers;
	p->interrupts = o->idle == DP_IDLE_ADAPTIVE;
	hf_rand_init(&r);
	dp_rss_key((uint16_t)hf_rand_u64(&r), p->rss_key, sizeof(p->rss_key));

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
