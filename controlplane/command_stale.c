/* SPDX-License-Identifier: BSD-3-Clause */
/* stale.set, stale.unset, stale.show, stale.list: serve-stale of zones, in force on every core when
 * a change is replied to. */
#include <string.h>

#include "controlplane/call.h"
#include "controlplane/stale.h"

static const char *const trigger_names[] = {
    "timeout", "servfail", "bogus"}; /* bits of HF_STALE_* */
enum { TRIGGER_CNT = sizeof(trigger_names) / sizeof(trigger_names[0]) };

static json_t *
triggers_to_json(uint32_t triggers)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < TRIGGER_CNT; i++) {
		if ((triggers & 1u << i) != 0)
			json_array_append_new(list, json_string(trigger_names[i]));
	}
	return list;
}

/* What holds for name, and who says so: z, or for NULL the configuration. */
static json_t *
to_json(const struct hf_name *name, const struct cp_stale *st, const struct cp_stale_zone *z)
{
	char text[CP_STALE_TEXT_LEN];
	json_t *j = json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:s}", "name",
	    name != NULL ? cp_json_name(name) : json_null(), "zone",
	    z != NULL ? cp_json_name(&z->name) : json_null(), "triggers",
	    triggers_to_json(st->triggers), "max_s", (json_int_t)st->max_s, "client_timer_ms",
	    (json_int_t)st->client_ms, "ttl_s", (json_int_t)st->ttl_s, "retry_s",
	    (json_int_t)st->retry_s, "text", cp_stale_to_text(st, text));

	if (j == NULL || z == NULL)
		return j;
	json_t *author = json_string(z->author.name);
	json_object_set_new(j, "author", author != NULL ? author : json_null());
	json_object_set_new(j, "author_uid", json_integer(z->author.uid));
	json_object_set_new(j, "changed", json_integer(z->changed));
	json_object_set_new(j, "changed_text", cp_json_time(z->changed));
	return j;
}

static bool
read_trigger(const json_t *word, uint32_t *triggers)
{
	for (unsigned i = 0; i < TRIGGER_CNT; i++) {
		if (json_is_string(word) &&
		    strcmp(json_string_value(word), trigger_names[i]) == 0) {
			*triggers |= 1u << i;
			return true;
		}
	}
	return false;
}

/* triggers: a list of words; none or null: as it is. */
static bool
read_triggers(struct cp_call *c, const json_t *args, uint32_t *triggers)
{
	const json_t *list = json_object_get(args, "triggers"), *word;
	size_t i;

	if (list == NULL || json_is_null(list))
		return true;
	*triggers = 0;
	bool ok = json_is_array(list);
	json_array_foreach (list, i, word)
		ok = ok && read_trigger(word, triggers);
	if (!ok)
		cp_call_fail(
		    c, CP_EXIT_USAGE, "usage", "triggers are a list of timeout, servfail, bogus");
	return ok;
}

static bool
read_number(struct cp_call *c, const json_t *args, const char *key, uint32_t *v)
{
	const json_t *j = json_object_get(args, key);

	if (j == NULL || json_is_null(j))
		return true;
	if (json_is_integer(j) && json_integer_value(j) >= 0 &&
	    json_integer_value(j) <= UINT32_MAX) {
		*v = (uint32_t)json_integer_value(j);
		return true;
	}
	cp_call_fail(c, CP_EXIT_USAGE, "usage", "%s is not a number", key);
	return false;
}

static void
fail(struct cp_call *c, enum cp_stale_result res, const struct hf_name *name)
{
	char text[HF_NAME_TEXT_LEN];

	switch (res) {
	case CP_STALE_ABSENT:
		cp_call_fail(c, CP_EXIT_FAILED, "absent", "%s has no serve-stale of its own",
		    hf_name_to_text(name, text));
		break;
	case CP_STALE_BAD_NUMBER:
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "max is at most 3d, client-timer 100ms to 5s, ttl 1s to 5m");
		break;
	case CP_STALE_FULL:
		cp_call_fail(c, CP_EXIT_REFUSED, "refused",
		    "there are %d zones already, as many "
		    "as fit",
		    CP_STALE_ZONES_MAX);
		break;
	default:
		cp_call_fail(c, CP_EXIT_FAILED, "store", "nothing changed: %s",
		    cp_store_error(c->env->store));
		break;
	}
}

/* What is not said stays as it is for this name. */
static void
push(struct cp_call *c, json_t *result)
{
	c->result = result;
	cp_call_await(c, HF_SET_POLICY, cp_store_generation(c->env->store));
}

static void
set_start(struct cp_call *c, const json_t *args)
{
	const struct cp_stale_zone *z;
	struct hf_name name;

	if (!cp_call_name(c, args, "name", &name))
		return;
	struct cp_stale st = *cp_stales_of(c->env->stales, &name, &z);
	if (!read_triggers(c, args, &st.triggers) || !read_number(c, args, "max_s", &st.max_s) ||
	    !read_number(c, args, "client_timer_ms", &st.client_ms) ||
	    !read_number(c, args, "ttl_s", &st.ttl_s))
		return;
	enum cp_stale_result res = cp_stales_set(c->env->stales, &name, &st, &c->author);
	z = cp_stales_find(c->env->stales, &name);
	if (res == CP_STALE_OK)
		push(c, to_json(&name, &z->stale, z));
	else
		fail(c, res, &name);
}

static void
unset_start(struct cp_call *c, const json_t *args)
{
	const struct cp_stale_zone *z;
	struct hf_name name;

	if (!cp_call_name(c, args, "name", &name))
		return;
	enum cp_stale_result res = cp_stales_unset(c->env->stales, &name, &c->author);
	const struct cp_stale *st = cp_stales_of(c->env->stales, &name, &z);
	if (res == CP_STALE_OK)
		push(c, to_json(&name, st, z));
	else
		fail(c, res, &name);
}

/* Without a name what the configuration says. */
static void
show_start(struct cp_call *c, const json_t *args)
{
	const json_t *given = json_object_get(args, "name");
	const struct cp_stale_zone *z;
	struct hf_name name = hf_name_root;
	bool all = given == NULL || json_is_null(given);

	if (!all && !cp_call_name(c, args, "name", &name))
		return;
	const struct cp_stale *st = cp_stales_of(c->env->stales, &name, &z);
	cp_call_done(c, to_json(all ? NULL : &name, st, z));
}

static void
list_start(struct cp_call *c, const json_t *args)
{
	json_t *list = json_array();
	const struct cp_stale_zone *z;

	(void)args;
	for (size_t i = 0; (z = cp_stales_at(c->env->stales, i)) != NULL; i++)
		json_array_append_new(list, to_json(&z->name, &z->stale, z));
	cp_call_done(c,
	    json_pack("{s:o, s:o}", "generation", cp_json_u64(cp_store_generation(c->env->store)),
		"zones", list));
}

const struct cp_command cp_command_stale_set = {"stale.set", set_start, cp_call_acked};
const struct cp_command cp_command_stale_unset = {"stale.unset", unset_start, cp_call_acked};
const struct cp_command cp_command_stale_show = {"stale.show", show_start, NULL};
const struct cp_command cp_command_stale_list = {"stale.list", list_start, NULL};
