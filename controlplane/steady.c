/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/steady.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/ns.h"

int64_t
cp_steady_at(const struct cp_steady *c, uint64_t ns)
{
	return c->wall_s + (ns >= c->ns ? (int64_t)((ns - c->ns) / HF_NS_PER_S) : 0);
}

static int64_t
follow_within_a_run(struct cp_steady *c, const struct cp_moment *now)
{
	int64_t by_s = now->wall_s - cp_steady_at(c, now->mono_ns);

	if (-CP_STEADY_SLACK_S < by_s && by_s < CP_STEADY_SLACK_S)
		return 0;
	c->wall_s = now->wall_s;
	c->ns = now->mono_ns;
	return by_s;
}

/* A clock that is behind what was seen before the machine went down is wrong: how long it was
 * down nobody knows, and ends keep what was left of them. */
static int64_t
follow_over_a_boot(struct cp_steady *c, const struct cp_moment *now)
{
	int64_t by_s = now->wall_s < c->seen_s ? now->wall_s - c->seen_s : 0;
	bool first = c->boot[0] == '\0';

	snprintf(c->boot, sizeof(c->boot), "%s", now->boot);
	c->wall_s = now->wall_s;
	c->ns = now->mono_ns;
	return first ? 0 : by_s;
}

int64_t
cp_steady_follow(struct cp_steady *c, const struct cp_moment *now)
{
	bool same = now->boot[0] != '\0' && strcmp(c->boot, now->boot) == 0;
	int64_t by_s = same ? follow_within_a_run(c, now) : follow_over_a_boot(c, now);

	c->seen_s = now->wall_s;
	return by_s;
}
