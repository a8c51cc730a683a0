/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options: what the command line asks of the dataplane.
 *
 * Purpose   Text -> struct, checked whole before anything is started. The rows of the table
 *           in options.c are the options, --help and the error messages.
 * Roles     The main thread, before any other exists.
 * Memory    Strings belong to the struct until dp_options_fini.
 * Blocking  Reads --args-file.
 * Errors    One sentence that names the option, what was given and what is wanted.
 * Trust     The operator. Still: text is bounded and nothing is guessed.
 */
#ifndef DP_OPTIONS_H
#define DP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "dataplane/gate.h"
#include "dataplane/packet.h"
#include "lib/base/access.h"
#include "lib/base/addr.h"
#include "lib/base/log.h"
#include "lib/link/msg.h"
#include "lib/wire/identity.h"

enum {
	DP_PORT_MAX = 8,
	DP_EAL_ARG_MAX = 32,
	DP_OPTIONS_ERROR_LEN = 512,
	DP_DEVARGS_LEN = 1024,
};

enum dp_hugepages { DP_HUGEPAGES_AUTO, DP_HUGEPAGES_YES, DP_HUGEPAGES_NO };
enum dp_idle_mode { DP_IDLE_ADAPTIVE, DP_IDLE_POLL };

struct dp_options {
	unsigned port_cnt;
	char *port[DP_PORT_MAX]; /* DPDK devargs or PCI addresses */
	unsigned mac_cnt;
	uint8_t mac[DP_PORT_MAX][DP_MAC_LEN]; /* of port i; the port's own when not given */
	struct dp_service service;
	unsigned workers;
	enum dp_idle_mode idle;
	bool realtime; /* workers run SCHED_FIFO */
	enum dp_hugepages hugepages;
	uint32_t spare_buffers; /* packet buffers of a worker besides its descriptors' */
	uint64_t cache_octets;
	uint16_t udp_max;
	bool rotate;
	struct hf_identity identity;
	uint32_t client_waiting; /* replies one client may wait for, on one core */
	uint32_t cookie_waiting; /* the same, for one with a cookie */
	struct dp_gate_options gate;
	struct hf_access access; /* none: everybody may ask */
	char *exception;         /* the kernel's interface of the exception port; NULL: none */
	char *link_path;
	uid_t link_uid;
	unsigned eal_cnt;
	char *eal[DP_EAL_ARG_MAX];
	char *preload;
	char *stats_file;
	uint64_t run_for_ns; /* 0: until a signal */
	enum hf_log_level log_level;
};

enum dp_options_result { DP_OPTIONS_RUN, DP_OPTIONS_HELP, DP_OPTIONS_WRONG };

/* Read argv. WRONG: error holds the sentence. In every case fini is allowed afterwards. */
enum dp_options_result dp_options_parse(
    int argc, char *const argv[], struct dp_options *o, char error[DP_OPTIONS_ERROR_LEN]);
void dp_options_fini(struct dp_options *o);
void dp_options_help(FILE *to);

/* DPDK devices that devargs become: one, with a queue for each worker; but net_af_xdp, which
 * sees one queue only of many a kernel device (veth among them), one for each worker, unless
 * the user said start_queue or queue_count. */
unsigned dp_devargs_device_cnt(const char *devargs, unsigned workers);

/* Devargs of device idx of those, net_af_packet's qpairs and net_af_xdp's queues filled in where
 * the user did not. 0 or -ENAMETOOLONG. */
int
dp_devargs_of_device(const char *devargs, unsigned workers, unsigned idx, char out[DP_DEVARGS_LEN]);

/* True when devargs name a virtual device ("net_tap0,..."), false for a bus address. */
bool dp_devargs_virtual(const char *devargs);

#endif
