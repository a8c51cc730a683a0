/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/jostle.h"

#include "controlplane/resolver/question.h"
#include "lib/base/ns.h"

void
cp_jostle_enter(struct cp_job *job)
{
	struct cp_resolver *r = job->r;

	job->began_ns = r->now.mono_ns;
	job->stays = r->stay_cnt < r->limits.tasks / 2;
	if (job->stays) {
		r->stay_cnt++;
		return;
	}
	job->yield_older = r->yield_newest;
	*(r->yield_newest != NULL ? &r->yield_newest->yield_newer : &r->yield_oldest) = job;
	r->yield_newest = job;
}

void
cp_jostle_leave(struct cp_job *job)
{
	struct cp_resolver *r = job->r;
	struct cp_job *older = job->yield_older, *newer = job->yield_newer;

	if (job->stays) {
		r->stay_cnt--;
		return;
	}
	*(older != NULL ? &older->yield_newer : &r->yield_oldest) = newer;
	*(newer != NULL ? &newer->yield_older : &r->yield_newest) = older;
}

bool
cp_jostle(struct cp_resolver *r)
{
	struct cp_job *job = r->yield_oldest;

	if (job == NULL || r->now.mono_ns < job->began_ns + CP_JOSTLE_NS)
		return false;
	CP_COUNT(r, jostled);
	cp_question_abort(job, CP_CAUSE_JOSTLED);
	return true;
}
