/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/recovery.h"

#include <string.h>

#include "lib/base/ns.h"

const char *
cp_recovery_want_text(enum cp_recovery_want w)
{
	static const char *const texts[CP_WANT_CNT] = {
#define X(name, sentence) sentence,
	    CP_RECOVERY_WANTS(X)
#undef X
	};
	return (unsigned)w < CP_WANT_CNT ? texts[w] : "?";
}

void
cp_recovery_init(struct cp_recovery *r, const struct cp_recovery_config *cfg)
{
	memset(r, 0, sizeof(*r));
	r->cfg = *cfg;
	r->want = CP_WANT_ROUND;
}

/* --- addresses ----------------------------------------------------------------------------- */

static const struct cp_recovery_addr *
find(const struct cp_recovery_addr *in, unsigned cnt, const struct hf_addr *addr)
{
	for (unsigned i = 0; i < cnt; i++)
		if (hf_addr_equal(&in[i].addr, addr))
			return &in[i];
	return NULL;
}

static void
take_serial(struct cp_recovery_addr *to, uint32_t serial, uint64_t now_ns)
{
	if (to->has_serial && serial != to->serial) {
		uint64_t gap_ns = now_ns - to->changed_ns;

		to->longest_ns = gap_ns > to->longest_ns ? gap_ns : to->longest_ns;
		to->moved = true;
	}
	if (!to->has_serial || serial != to->serial)
		to->changed_ns = now_ns;
	to->has_serial = true;
	to->serial = serial;
}

/* The addresses of this round, with what was known of them. True: the same ones answer as in the
 * round before. */
static bool
take_addrs(struct cp_recovery *r, const struct cp_probe_round *round, uint64_t now_ns)
{
	struct cp_recovery_addr old[CP_PROBE_ADDRS_MAX];
	unsigned old_cnt = r->addr_cnt, answered = 0, still = 0, new = 0;

	memcpy(old, r->addr, old_cnt * sizeof(old[0]));
	for (unsigned i = 0; i < old_cnt; i++)
		answered += old[i].answers;
	r->addr_cnt = round->addr_cnt;
	for (unsigned i = 0; i < round->addr_cnt; i++) {
		const struct cp_probe_addr *a = &round->addr[i];
		const struct cp_recovery_addr *known = find(old, old_cnt, &a->addr);
		struct cp_recovery_addr *to = &r->addr[i];

		*to = known != NULL ? *known : (struct cp_recovery_addr){.addr = a->addr};
		still += a->answered && to->answers;
		new += a->answered && !to->answers;
		to->answers = a->answered;
		if (a->has_serial)
			take_serial(to, a->serial, now_ns);
	}
	return still == answered && new == 0;
}

/* --- versions ------------------------------------------------------------------------------ */

static bool
stands_still(const struct cp_recovery *r, const struct cp_recovery_addr *a, uint64_t now_ns)
{
	uint64_t from_ns = a->changed_ns > r->since_ns ? a->changed_ns : r->since_ns;
	uint64_t wait_ns = CP_RECOVERY_STILL_MAX_S * HF_NS_PER_S;

	if (a->longest_ns < wait_ns / CP_RECOVERY_STILL_TIMES)
		wait_ns = a->longest_ns * CP_RECOVERY_STILL_TIMES;
	return now_ns - from_ns >= wait_ns;
}

static bool
has_crossed(const struct cp_recovery *r, uint64_t now_ns)
{
	for (unsigned i = 0; i < r->addr_cnt; i++) {
		const struct cp_recovery_addr *a = &r->addr[i];

		if (a->answers && a->moved && a->serial == a->serial_first &&
		    !stands_still(r, a, now_ns))
			return false;
	}
	return true;
}

bool
cp_recovery_serial(const struct cp_recovery *r, uint32_t *serial, bool *moves)
{
	bool found = false;

	*moves = false;
	for (unsigned i = 0; i < r->addr_cnt; i++) {
		const struct cp_recovery_addr *a = &r->addr[i];

		if (!a->has_serial)
			continue;
		*moves = *moves || a->moved;
		if (!found || (int32_t)(a->serial - *serial) > 0)
			*serial = a->serial;
		found = true;
	}
	return found;
}

/* --- the count ----------------------------------------------------------------------------- */

/* What keeps this round from being clean; NOTHING: it is. */
static enum cp_recovery_want
fault_of(const struct cp_probe_round *round)
{
	unsigned answered = 0, clean = 0;

	for (unsigned i = 0; i < round->addr_cnt; i++) {
		answered += round->addr[i].answered;
		clean += cp_probe_is_clean(&round->addr[i]);
	}
	if (round->addr_cnt == 0)
		return CP_WANT_ADDRESS;
	if (clean < answered)
		return CP_WANT_CLEAN;
	return answered == 0 || answered * 2 < round->addr_cnt ? CP_WANT_QUORUM : CP_WANT_NOTHING;
}

static void
begin_count(struct cp_recovery *r, uint64_t mono_ns, int64_t wall_s)
{
	r->clean = 0;
	r->since_ns = mono_ns;
	r->since_s = wall_s;
	for (unsigned i = 0; i < r->addr_cnt; i++)
		r->addr[i].serial_first = r->addr[i].serial;
}

static enum cp_recovery_want
want_of(const struct cp_recovery *r, uint64_t now_ns)
{
	if (r->clean < r->cfg.rounds)
		return CP_WANT_ROUNDS;
	if (now_ns - r->since_ns < r->cfg.span_ns)
		return CP_WANT_TIME;
	return has_crossed(r, now_ns) ? CP_WANT_NOTHING : CP_WANT_SERIAL;
}

enum cp_recovery_want
cp_recovery_round(
    struct cp_recovery *r, const struct cp_probe_round *round, uint64_t mono_ns, int64_t wall_s)
{
	bool same = take_addrs(r, round, mono_ns);

	r->rounds++;
	r->last_s = wall_s;
	r->want = fault_of(round);
	if (r->want != CP_WANT_NOTHING) {
		r->clean = 0;
		return r->want;
	}
	if (r->clean == 0 || !same)
		begin_count(r, mono_ns, wall_s);
	r->clean++;
	r->want = want_of(r, mono_ns);
	return r->want;
}
