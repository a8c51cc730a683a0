/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "lib/wire/name.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "lib/config/config.h"

int
cl_fail(const struct cl_line *line, int exit_code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "holdfastctl: %s\n", text);
	if (line->json) {
		json_t *o = json_pack(
		    "{s:b, s:{s:i, s:s}}", "ok", 0, "error", "exit", exit_code, "text", text);
		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(o);
	}
	return exit_code;
}

/* Where the control plane listens. 0, or an exit code already told. */
static int
find_socket(const struct cl_line *line, char *path, size_t cap)
{
	struct hf_config c;
	struct hf_config_errors errors;

	if (line->socket != NULL) {
		snprintf(path, cap, "%s", line->socket);
		return CL_DONE;
	}
	int e = hf_config_load(line->config, &c, &errors);
	if (e == -ENOENT) {
		hf_config_errors_fini(&errors);
		hf_config_defaults(&c);
	} else if (e != 0) {
		e = cl_fail(line, CL_FAILED, "%s", errors.text[0] ? errors.text[0] : line->config);
		hf_config_errors_fini(&errors);
		return e;
	}
	snprintf(path, cap, "%s", c.control_socket);
	hf_config_fini(&c);
	return CL_DONE;
}

static int
dial(const struct cl_line *line, const char *path, int *fd)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = CL_TIMEOUT_S};

	if (strlen(path) >= sizeof(sa.sun_path))
		return cl_fail(line, CL_USAGE, "%s: too long for a socket path", path);
	strcpy(sa.sun_path, path);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return cl_fail(line, CL_FAILED, "socket: %s", strerror(errno));
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(s, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		int e = errno;
		close(s);
		return cl_fail(line, CL_UNREACHABLE, "control plane not reachable at %s: %s%s",
		    path, strerror(e), e == EACCES ? "" : " (is holdfast-controlplane running?)");
	}
	*fd = s;
	return CL_DONE;
}

static bool
send_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* One line from the peer, malloc'ed; NULL when it is cut short, too long or late. */
static char *
recv_line(int fd)
{
	size_t cap = 65536, len = 0;
	char *buf = malloc(cap);

	while (buf != NULL) {
		if (len + 1 == cap) {
			char *more = cap < CL_REPLY_MAX ? realloc(buf, cap *= 2) : NULL;
			if (more == NULL)
				break;
			buf = more;
		}
		ssize_t n = recv(fd, buf + len, cap - len - 1, 0);
		if (n <= 0)
			break;
		char *end = memchr(buf + len, '\n', (size_t)n);
		len += (size_t)n;
		if (end != NULL) {
			*end = '\0';
			return buf;
		}
	}
	free(buf);
	return NULL;
}

static int
exchange(const struct cl_line *line, json_t *request, json_t **reply)
{
	char path[512], *text = NULL, *back = NULL;
	int fd = -1;

	int rc = find_socket(line, path, sizeof(path));
	if (rc == CL_DONE)
		rc = dial(line, path, &fd);
	if (rc != CL_DONE)
		return rc;
	text = json_dumps(request, JSON_COMPACT);
	if (text == NULL || !send_all(fd, text, strlen(text)) || !send_all(fd, "\n", 1) ||
	    (back = recv_line(fd)) == NULL)
		rc = cl_fail(line, CL_UNREACHABLE, "the control plane at %s did not answer", path);
	else if ((*reply = json_loads(back, 0, NULL)) == NULL)
		rc = cl_fail(line, CL_FAILED, "the control plane's reply is not JSON");
	free(back);
	free(text);
	close(fd);
	return rc;
}

int
cl_request(const struct cl_line *line, const char *command, json_t *arguments, json_t **result)
{
	json_t *reply = NULL,
	       *request = json_pack("{s:i, s:s, s:o}", "version", 1, "command", command,
		   "arguments", arguments != NULL ? arguments : json_object());

	*result = NULL;
	if (request == NULL)
		return cl_fail(line, CL_FAILED, "out of memory, or text that is not UTF-8");
	int rc = exchange(line, request, &reply);
	json_decref(request);
	if (rc != CL_DONE)
		return rc;
	if (line->json) {
		json_dumpf(reply, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	if (cl_true(reply, "ok")) {
		*result = json_incref(json_object_get(reply, "result"));
	} else {
		const json_t *error = json_object_get(reply, "error");
		fprintf(stderr, "holdfastctl: %s\n", cl_text(error, "text"));
		rc = (int)cl_number(error, "exit");
		rc = rc > CL_DONE && rc <= CL_CONFIRM ? rc : CL_FAILED;
	}
	json_decref(reply);
	return rc;
}

int
cl_read_name(const struct cl_line *line, char *text)
{
	struct hf_name n;

	if (hf_name_from_text(line->argv[0], &n) != 0)
		return cl_fail(line, CL_USAGE, "\"%s\" is not a domain name", line->argv[0]);
	hf_name_lower(&n);
	hf_name_to_text(&n, text);
	return CL_DONE;
}

const char *
cl_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

int64_t
cl_number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_real(v) ? (int64_t)json_real_value(v) : json_integer_value(v);
}

bool
cl_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

char *
cl_ago(int64_t s, char buf[32])
{
	return hf_duration_to_text((uint64_t)(s > 0 ? s : 0) * HF_NS_PER_S, buf);
}
