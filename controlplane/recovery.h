/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recovery: when rounds of probes add up to "this zone is good again" (RFC 7646 2, ADR 24).
 *
 * Purpose   The removal of an NTA is proposed after enough clean rounds in a row, over enough time,
 *           across a new version of the zone where versions come. One check that is not good, at
 * any address, and the count begins anew. Roles     The main thread. Time is an argument. Memory
 * The caller's, of fixed size. Blocking  Never. Errors    None. Trust     Serials are servers'
 * words; a server that lies about its own delays the proposal.
 *
 * A round is clean when every address that answers at all answered everything well, and at least
 * half of the addresses answer. An address that does not answer is neither clean nor unclean; but
 * the same addresses have to answer all the time: who falls silent, or comes back, makes the
 * count begin anew. So what is dead for good holds nothing up, and what is only away does not
 * escape.
 *
 * Versions: an address whose serial was seen to change since the NTA was added has to be clean
 * before and after a change. One that has not changed for three times the longest time between two
 * changes, at most STILL_MAX, is believed to stand still.
 */
#ifndef CP_RECOVERY_H
#define CP_RECOVERY_H

#include "controlplane/probe.h"

enum {
	CP_RECOVERY_STILL_TIMES = 3,
	CP_RECOVERY_STILL_MAX_S = 6 * 3600,
};

struct cp_recovery_config {
	unsigned rounds;  /* clean, in a row */
	uint64_t span_ns; /* from the end of the first to that of the last, at least */
};

/* What a proposal waits for, the first that is missing. */
#define CP_RECOVERY_WANTS(X)                                     \
	X(NOTHING, "nothing: removal is proposed")               \
	X(ROUND, "a first round of probes")                      \
	X(ADDRESS, "the addresses of the zone's servers")        \
	X(QUORUM, "answers from at least half of the addresses") \
	X(CLEAN, "a round without a failed check")               \
	X(ROUNDS, "more clean rounds in a row")                  \
	X(TIME, "clean rounds over a longer time")               \
	X(SERIAL, "clean rounds before and after a change of the zone's serial")

enum cp_recovery_want {
#define X(name, sentence) CP_WANT_##name,
	CP_RECOVERY_WANTS(X)
#undef X
	    CP_WANT_CNT,
};
const char *cp_recovery_want_text(enum cp_recovery_want w);

/* What is known of an address over the rounds. */
struct cp_recovery_addr {
	struct hf_addr addr;
	bool answers; /* in the last round */
	bool has_serial, moved;
	uint32_t serial, serial_first;   /* now; when the count began */
	uint64_t changed_ns, longest_ns; /* between two changes */
};

struct cp_recovery {
	struct cp_recovery_config cfg;
	enum cp_recovery_want want;
	uint64_t rounds;   /* all that were run */
	unsigned clean;    /* in a row, until now */
	uint64_t since_ns; /* end of the first of them */
	int64_t since_s;
	int64_t last_s; /* end of the last round */
	unsigned addr_cnt;
	struct cp_recovery_addr addr[CP_PROBE_ADDRS_MAX];
};

void cp_recovery_init(struct cp_recovery *r, const struct cp_recovery_config *cfg);
/* A round is over. Returns what is still wanted. */
enum cp_recovery_want cp_recovery_round(
    struct cp_recovery *r, const struct cp_probe_round *round, uint64_t mono_ns, int64_t wall_s);
/* The zone's newest serial that was seen (RFC 1982); false: none was. */
bool cp_recovery_serial(const struct cp_recovery *r, uint32_t *serial, bool *moves);

#endif
