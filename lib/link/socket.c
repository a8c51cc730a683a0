/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: who may speak on it, and whole messages over it. */
#include "lib/link/inner.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 4 };

static int
unix_address(const char *path, struct sockaddr_un *sa)
{
	size_t len = strlen(path);

	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(sa->sun_path))
		return -ENAMETOOLONG;
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(sa->sun_path, path, len);
	return 0;
}

static int
socket_open(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int
socket_connect(int fd, const struct sockaddr_un *sa)
{
	return connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 ? -errno : 0;
}

/* Who is at the other end: root, ourselves or the one allowed; anyone else is -EACCES. */
static int
peer_check(int fd, uid_t allowed)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	if (len != sizeof(cred))
		return -EACCES;
	return cred.uid == 0 || cred.uid == geteuid() || cred.uid == allowed ? 0 : -EACCES;
}

/* Take an old socket file out of the way, if that is what is there and nobody answers. */
static int
path_clear(const char *path, const struct sockaddr_un *sa)
{
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket_open();
	if (fd < 0)
		return fd;
	rc = socket_connect(fd, sa);
	close(fd);
	if (rc != -ECONNREFUSED) /* connected, or a full backlog: somebody lives there */
		return rc == 0 || rc == -EAGAIN ? -EADDRINUSE : rc;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int
hf_link_listen(const char *path, int *fd)
{
	struct sockaddr_un sa;
	int rc = unix_address(path, &sa);
	int sock;

	if (rc == 0)
		rc = path_clear(path, &sa);
	if (rc != 0)
		return rc;
	sock = socket_open();
	if (sock < 0)
		return sock;
	/* The file is never wider than 0660, whatever the umask; between bind and listen
	 * nobody can connect. */
	if (fchmod(sock, 0660) < 0 || bind(sock, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    chmod(path, 0660) < 0 || listen(sock, LISTEN_BACKLOG) < 0) {
		rc = -errno;
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

int
hf_link_accept(int listen_fd, uid_t allowed, int *fd)
{
	int sock = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int rc;

	if (sock < 0)
		return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
	rc = peer_check(sock, allowed);
	if (rc != 0) {
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

int
hf_link_send_raw(int sock, const void *msg, size_t len)
{
	ssize_t n = send(sock, msg, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0)
		return -EIO; /* a seqpacket goes whole or not at all */
	return errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR ? -EAGAIN : -errno;
}

/* recv has no place for descriptors: the kernel drops those that a peer sends. */
ssize_t
hf_link_recv_raw(int sock, void *buf, size_t cap)
{
	ssize_t n = recv(sock, buf, cap, MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0) {
		if (errno == ECONNRESET)
			return 0;
		return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
	}
	return (size_t)n > cap ? -EMSGSIZE : n;
}

int
hf_link_connect(const char *path, uid_t allowed, int *fd)
{
	struct hf_msg_hello hello = {
	    .head = {.type = HF_MSG_HELLO, .len = sizeof(hello)},
	    .version = HF_MSG_VERSION,
	    .pid = (uint32_t)getpid(),
	};
	struct sockaddr_un sa;
	int rc = unix_address(path, &sa);
	int sock;

	if (rc != 0)
		return rc;
	sock = socket_open();
	if (sock < 0)
		return sock;
	rc = socket_connect(sock, &sa);
	if (rc == 0)
		rc = peer_check(sock, allowed);
	if (rc == 0)
		rc = hf_link_send_raw(sock, &hello, sizeof(hello));
	if (rc != 0) {
		close(sock);
		return rc;
	}
	*fd = sock;
	return 0;
}

bool
hf_link_bell_ring(int sock)
{
	return send(sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

/* What a hijacked peer leaves behind fills its own buffer, no more: each octet is a new edge. */
void
hf_link_bell_drain(int sock)
{
	uint8_t octets[512];

	(void)recv(sock, octets, sizeof(octets), MSG_DONTWAIT);
}
