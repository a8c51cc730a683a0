/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/minimise.h"

#include "controlplane/resolver/cache.h"
#include "controlplane/resolver/choose.h"

void
cp_minimise_skip(struct cp_task *t)
{
	struct cp_shown *s = &t->lookup.shown;
	const struct hf_question q = {.name = t->name, .type = t->type, .klass = HF_CLASS_IN};
	struct hf_question next;

	for (;;) {
		cp_query_choose(&q, s, &next);
		if (next.name.label_cnt == t->name.label_cnt ||
		    !cp_cache_has(t, &next.name, next.type))
			return;
		s->labels = next.name.label_cnt;
	}
}

bool
cp_minimise_is_hidden(const struct cp_exchange *x)
{
	return x->question.name.label_cnt < x->task->name.label_cnt;
}

void
cp_minimise_stop(struct cp_task *t)
{
	t->lookup.shown.off = true;
}

/* Does a denial of a shorter name, if it validates, settle the matter? */
static bool
may_settle(const struct cp_task *t)
{
	return !t->lookup.raw && t->job->r->validate && !t->job->cd && t->type != HF_TYPE_DS &&
	    t->type != HF_TYPE_RRSIG;
}

/* The question is over: it does not count against the server. */
static void
uncharge(struct cp_task *t, const struct cp_exchange *x)
{
	struct cp_tried *tried = cp_choose_tried(t, &x->server);

	if (tried != NULL)
		tried->sends = 0;
}

void
cp_minimise_outcome(struct cp_task *t, const struct cp_exchange *x, struct cp_outcome *o)
{
	struct cp_lookup *l = &t->lookup;

	uncharge(t, x);
	l->shown.labels = x->question.name.label_cnt;
	switch (o->kind) {
	case CP_KIND_NXDOMAIN:
		if (!may_settle(t) || o->proof_cnt == 0) {
			cp_minimise_stop(t);
			break;
		}
		l->got = o;
		l->tentative = true;
		l->phase = CP_LOOKUP_JUDGE;
		break;
	case CP_KIND_ANSWER:
	case CP_KIND_NODATA:
		cp_cache_put_raw(t, &x->question.name, x->question.type, o);
		break;
	case CP_KIND_CNAME: /* says nothing of the names below it */
		break;
	case CP_KIND_DNAME:
	case CP_KIND_YXDOMAIN:
	case CP_KIND_FAIL:
		cp_minimise_stop(t);
		break;
	}
}

void
cp_minimise_refused(struct cp_task *t, const struct cp_exchange *x)
{
	uncharge(t, x);
	cp_minimise_stop(t);
}
