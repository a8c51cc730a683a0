/* SPDX-License-Identifier: BSD-3-Clause */
/* audit.list: the audit log, a page at a time; who reads it verifies the chain (lib/audit). */
#include "controlplane/call.h"

#include <errno.h>

#include "lib/audit/chain.h"

enum { LINES_MAX = 500 }; /* of a page: half a megabyte at the most */

static int
add_line(void *arg, const struct hf_audit_line *l)
{
	json_t *list = arg;
	char hash[HF_AUDIT_HASH_TEXT_LEN];
	json_t *j = json_pack("{s:I, s:I, s:o, s:I, s:s, s:s, s:s?, s:s, s:s, s:I, s:I, s:s}", "id",
	    (json_int_t)l->id, "time", (json_int_t)l->time, "time_text", cp_json_time(l->time),
	    "uid", (json_int_t)l->uid, "author", l->author, "action", l->action, "name", l->name,
	    "reason", l->reason, "detail", l->detail, "before", (json_int_t)l->before, "after",
	    (json_int_t)l->after, "hash", hf_audit_hash_to_text(l->hash, hash));

	/* NULL for texts that are not UTF-8, which only another program can have written. */
	return j != NULL && json_array_append_new(list, j) == 0 ? 0 : -EBADMSG;
}

static bool
read_number(struct cp_call *c, const json_t *args, const char *key, int64_t *v)
{
	const json_t *j = json_object_get(args, key);

	if (j == NULL || json_is_null(j))
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 0) {
		cp_call_fail(c, CP_EXIT_USAGE, "usage", "%s is not a number", key);
		return false;
	}
	*v = json_integer_value(j);
	return true;
}

/* after: the id to go on from; since: lines from that moment on. */
static void
list_start(struct cp_call *c, const json_t *args)
{
	int64_t after = 0, since_s = INT64_MIN, max = LINES_MAX;

	if (!read_number(c, args, "after", &after) || !read_number(c, args, "since", &since_s) ||
	    !read_number(c, args, "limit", &max))
		return;
	json_t *lines = json_array();
	int rc = cp_store_audit(
	    c->env->store, after, since_s, max < LINES_MAX ? max : LINES_MAX, add_line, lines);
	if (rc != 0) {
		json_decref(lines);
		cp_call_fail(c, CP_EXIT_FAILED, "store", "%s", cp_store_error(c->env->store));
		return;
	}
	cp_call_done(c,
	    json_pack("{s:o, s:o}", "generation", cp_json_u64(cp_store_generation(c->env->store)),
		"lines", lines));
}

const struct cp_command cp_command_audit_list = {"audit.list", list_start, NULL};
