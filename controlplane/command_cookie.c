/* SPDX-License-Identifier: BSD-3-Clause */
/* cookie.show, cookie.reload: the secrets of clients' DNS cookies, never told themselves. */
#include "controlplane/call.h"

static json_t *
secrets_json(const struct cp_cookies *k)
{
	json_t *list = json_array();
	char text[9];

	for (unsigned i = 0; i < k->secrets.cnt; i++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s}", "fingerprint", cp_cookies_fingerprint(k, i, text),
			"use", i == 0 ? "makes and accepts" : "accepts"));
	return list;
}

static json_t *
state_json(const struct cp_admin_env *env)
{
	const struct cp_cookies *k = env->cookies;
	struct cp_link_state link;

	cp_link_client_state(env->link, &link);
	return json_pack("{s:b, s:b, s:s, s:b, s:o}", "answered", k->secrets.cnt > 0, "required",
	    (int)k->secrets.required, "source",
	    k->from_file ? env->config->cookie_secrets : "drawn at start", "dataplane",
	    (int)link.attached, "secrets", secrets_json(k));
}

static void
show_start(struct cp_call *c, const json_t *args)
{
	(void)args;
	cp_call_done(c, state_json(c->env));
}

static void
reload_start(struct cp_call *c, const json_t *args)
{
	char error[CP_COOKIES_ERROR_LEN];

	(void)args;
	if (cp_cookies_load(c->env->cookies, c->env->config, error) != 0) {
		cp_call_fail(c, CP_EXIT_FAILED, "secrets", "%s; those before stay", error);
		return;
	}
	cp_link_client_set_cookies(c->env->link, &c->env->cookies->msg);
	c->result = state_json(c->env);
	cp_call_await(c, HF_SET_COOKIES, c->env->cookies->msg.generation);
}

const struct cp_command cp_command_cookie_show = {.name = "cookie.show", .start = show_start};
const struct cp_command cp_command_cookie_reload = {"cookie.reload", reload_start, cp_call_acked};
