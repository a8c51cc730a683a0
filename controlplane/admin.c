/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/admin.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

enum { BACKLOG = 16, TICK_MS = 50, VERSION = 1, LINES_PER_TURN = 8 };

struct client {
	LIST_ENTRY(client) link;
	struct cp_admin *a;
	struct bufferevent *bev;
	bool closing; /* the last reply is on its way */
	bool ended;   /* the client will say no more */
	struct cp_call call;
};

struct cp_admin {
	struct event_base *base;
	struct cp_admin_env *env;
	struct evconnlistener *listener;
	struct event *tick;
	char *path;
	LIST_HEAD(, client) clients;
	unsigned client_cnt;
	uint64_t last_id;
};

static const struct cp_command *const commands[] = {
    &cp_command_status,
    &cp_command_stats,
    &cp_command_latency,
    &cp_command_audit_list,
    &cp_command_survey,
    &cp_command_nta_add,
    &cp_command_nta_approve,
    &cp_command_nta_extend,
    &cp_command_nta_list,
    &cp_command_nta_remove,
    &cp_command_nta_show,
    &cp_command_stale_set,
    &cp_command_stale_unset,
    &cp_command_stale_show,
    &cp_command_stale_list,
    &cp_command_cache_show,
    &cp_command_anchor_list,
    &cp_command_anchor_show,
    &cp_command_cookie_show,
    &cp_command_cookie_reload,
    &cp_command_trace,
};

static void
drop_client(struct client *c)
{
	if (c->call.result != NULL)
		json_decref(c->call.result);
	if (c->call.reply != NULL)
		json_decref(c->call.reply);
	LIST_REMOVE(c, link);
	c->a->client_cnt--;
	bufferevent_free(c->bev);
	free(c);
}

/* --- requests ------------------------------------------------------------------------------ */

static const struct cp_command *
find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static void
bad_request(struct client *c, const char *what)
{
	cp_count(c->a->env->counters, admin_bad);
	cp_call_fail(&c->call, CP_EXIT_USAGE, "usage", "%s", what);
}

static void
dispatch(struct client *c, const json_t *request)
{
	const json_t *args = json_object_get(request, "arguments");
	const char *name = json_string_value(json_object_get(request, "command"));
	const json_t *version = json_object_get(request, "version");

	if (!json_is_object(request)) {
		bad_request(c, "a request is a JSON object");
	} else if (!json_is_integer(version) || json_integer_value(version) != VERSION) {
		bad_request(c, "this control plane speaks version 1");
	} else if (args != NULL && !json_is_object(args)) {
		bad_request(c, "arguments are a JSON object");
	} else if (name == NULL || find_command(name) == NULL) {
		bad_request(c, "no such command");
	} else {
		c->call.command = find_command(name);
		c->call.command->start(&c->call, args);
	}
}

/* One line. Afterwards the call has its reply, or waits. */
static void
request(struct client *c, const char *line, size_t len)
{
	json_error_t error;
	json_t *j = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);

	cp_count(c->a->env->counters, admin_requests);
	c->call.id = ++c->a->last_id;
	c->call.generation = 0;
	if (j == NULL)
		bad_request(c, "not JSON");
	else
		dispatch(c, j);
	json_decref(j);
}

/* --- replies ------------------------------------------------------------------------------- */

static int
put_text(const char *text, size_t len, void *arg)
{
	return bufferevent_write(arg, text, len);
}

static void
send_reply(struct client *c)
{
	json_t *reply = c->call.reply;

	c->call.reply = NULL;
	if (json_dump_callback(reply, put_text, c->bev, JSON_COMPACT) != 0 ||
	    bufferevent_write(c->bev, "\n", 1) != 0)
		c->closing = true; /* half a reply is none: out of memory */
	json_decref(reply);
}

/* True when the call is over and its reply sent. */
static bool
settle(struct client *c)
{
	if (c->call.reply != NULL) {
		send_reply(c);
		return true;
	}
	if (c->call.deadline_ns != 0)
		return false;
	cp_call_fail(&c->call, CP_EXIT_FAILED, "internal", "the command gave no reply");
	if (c->call.reply == NULL) { /* no memory for that either */
		c->closing = true;
		return true;
	}
	send_reply(c);
	return true;
}

/* --- clients ------------------------------------------------------------------------------- */

static size_t
unsent(const struct client *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* A line without its end: NULL when none is whole yet. */
static char *
take_line(struct client *c, size_t *len)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	char *line = evbuffer_readln(in, len, EVBUFFER_EOL_LF);

	if (line == NULL && evbuffer_get_length(in) > CP_ADMIN_LINE_MAX) {
		bad_request(c, "a request is at most 64 KiB");
		(void)settle(c);
		c->closing = true;
	}
	return line;
}

/* Do what stands in the buffer until a call has to wait or the client does not read. */
static void
work(struct client *c)
{
	char *line;
	size_t len;
	int turn = 0;

	while (!c->closing && c->call.deadline_ns == 0 && unsent(c) < CP_ADMIN_UNSENT_MAX &&
	    turn++ < LINES_PER_TURN && (line = take_line(c, &len)) != NULL) {
		request(c, line, len);
		free(line);
		if (!settle(c))
			break;
	}
	if (turn > LINES_PER_TURN)
		bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
	if (c->call.deadline_ns == 0 && unsent(c) == 0 && (c->closing || (c->ended && turn <= 1)))
		drop_client(c);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	work(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	if ((what & BEV_EVENT_EOF) != 0) {
		c->ended = true; /* requests may still stand in the buffer, and it may still read */
		work(c);
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) != 0 && (what & BEV_EVENT_READING) != 0 &&
	    c->call.deadline_ns != 0) {
		bufferevent_enable(bev, EV_READ); /* it waits for us */
		return;
	}
	if ((what & BEV_EVENT_TIMEOUT) != 0)
		cp_count(c->a->env->counters, admin_slow);
	drop_client(c);
}

static bool
is_utf8(const char *text)
{
	json_t *j = json_string(text);

	json_decref(j);
	return j != NULL;
}

static void
set_author(int fd, struct cp_author *author)
{
	struct ucred cred = {.uid = UINT32_MAX};
	socklen_t len = sizeof(cred);
	struct passwd pw, *found = NULL;
	char buf[4096];

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	author->uid = cred.uid;
	if (getpwuid_r(cred.uid, &pw, buf, sizeof(buf), &found) == 0 && found != NULL &&
	    is_utf8(pw.pw_name)) /* for it goes into JSON */
		snprintf(author->name, sizeof(author->name), "%s", pw.pw_name);
	else
		snprintf(author->name, sizeof(author->name), "uid %u", cred.uid);
}

static struct client *
add_client(struct cp_admin *a, int fd)
{
	static const struct timeval idle = {CP_ADMIN_IDLE_S, 0}, slow = {CP_ADMIN_WRITE_S, 0};
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->bev = bufferevent_socket_new(a->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		return NULL;
	}
	c->a = a;
	c->call.env = a->env;
	set_author(fd, &c->call.author);
	LIST_INSERT_HEAD(&a->clients, c, link);
	a->client_cnt++;
	bufferevent_setcb(c->bev, on_read, on_read, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, CP_ADMIN_LINE_MAX + 2);
	bufferevent_set_timeouts(c->bev, &idle, &slow);
	return c;
}

static void
on_accept(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct cp_admin *a = arg;
	struct client *c = NULL;

	(void)listener;
	(void)sa;
	(void)len;
	if (a->client_cnt < CP_ADMIN_CLIENTS)
		c = add_client(a, fd);
	if (c == NULL) {
		cp_count(a->env->counters, admin_refused);
		close(fd);
		return;
	}
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

/* --- what calls wait for -------------------------------------------------------------------- */

static bool
is_for(const struct cp_call *call, const struct cp_event *e)
{
	switch (e->kind) {
	case CP_EVENT_STATS:
		return e->stats->token >> 8 == call->id;
	case CP_EVENT_LATENCY:
		return e->latency->token >> 8 == call->id;
	case CP_EVENT_CACHE:
		return e->cache->token >> 8 == call->id;
	case CP_EVENT_SURVEY:
		return e->survey->token >> 8 == call->id;
	case CP_EVENT_TRACE:
		return e->traced->token >> 8 == call->id;
	default:
		return true;
	}
}

static void
tell(struct client *c, const struct cp_event *e)
{
	if (c->call.deadline_ns == 0 || c->call.command == NULL || !is_for(&c->call, e))
		return;
	c->call.command->event(&c->call, e);
	if (c->call.reply == NULL)
		return;
	send_reply(c);
	bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_DEFER_CALLBACKS); /* the next request */
}

void
cp_admin_event(struct cp_admin *a, const struct cp_event *e)
{
	struct client *c;

	LIST_FOREACH(c, &a->clients, link)
	{
		tell(c, e);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct cp_event deadline = {.kind = CP_EVENT_DEADLINE};
	struct cp_admin *a = arg;
	struct client *c;
	uint64_t now_ns = hf_clock_mono_ns();

	(void)fd;
	(void)what;
	LIST_FOREACH(c, &a->clients, link)
	{
		if (c->call.deadline_ns != 0 && now_ns >= c->call.deadline_ns)
			tell(c, &deadline);
	}
}

/* --- the socket ---------------------------------------------------------------------------- */

static int
clear_path(const char *path, const struct sockaddr_un *sa)
{
	struct stat st;
	int rc = 0;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno == EAGAIN)
		rc = -EADDRINUSE;
	close(fd);
	if (rc == 0 && unlink(path) != 0)
		rc = -errno;
	return rc;
}

static int
open_socket(const char *path, int *out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int rc;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	rc = clear_path(path, &sa);
	if (rc != 0)
		return rc;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Never wider than 0660, not even for a moment; nobody can connect before listen. */
	if (fchmod(fd, 0660) != 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    chmod(path, 0660) != 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

static int
start(struct cp_admin *a, int fd)
{
	static const struct timeval every = {0, TICK_MS * 1000};

	a->listener = evconnlistener_new(
	    a->base, on_accept, a, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	if (a->listener == NULL) {
		close(fd);
		return -ENOMEM;
	}
	a->tick = event_new(a->base, -1, EV_PERSIST, on_tick, a);
	return a->tick != NULL && event_add(a->tick, &every) == 0 ? 0 : -ENOMEM;
}

int
cp_admin_open(
    struct event_base *base, const char *path, struct cp_admin_env *env, struct cp_admin **out)
{
	struct cp_admin *a = calloc(1, sizeof(*a));
	int fd = -1, rc;

	if (a == NULL)
		return -ENOMEM;
	a->base = base;
	a->env = env;
	LIST_INIT(&a->clients);
	rc = open_socket(path, &fd);
	if (rc == 0) {
		a->path = strdup(path);
		rc = start(a, fd);
	}
	if (rc != 0) {
		hf_log(HF_LOG_ERROR, "admin", "cannot listen at %s: %s", path, strerror(-rc));
		cp_admin_close(a);
		return rc;
	}
	*out = a;
	return 0;
}

void
cp_admin_close(struct cp_admin *a)
{
	if (a == NULL)
		return;
	while (!LIST_EMPTY(&a->clients))
		drop_client(LIST_FIRST(&a->clients));
	if (a->tick != NULL)
		event_free(a->tick);
	if (a->listener != NULL)
		evconnlistener_free(a->listener);
	if (a->path != NULL)
		(void)unlink(a->path);
	free(a->path);
	free(a);
}
