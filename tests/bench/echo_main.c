/* SPDX-License-Identifier: BSD-3-Clause */
/* echo ADDRESS PORT: sends each datagram back as a DNS reply without records, by one thread with
 * recvmmsg and sendmmsg. What kernel sockets cost whoever answers by them, and nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/units.h"

enum {
	BATCH = 32,
	DATAGRAM_MAX = 512,
	HEADER_LEN = 12,
	FLAGS = 2,
	QR = 0x80,
	BUFFER_LEN = 4 << 20
};

static uint8_t octets[BATCH][DATAGRAM_MAX];
static struct sockaddr_in from[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

static void
batch_reset(void)
{
	for (unsigned i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){octets[i], DATAGRAM_MAX};
		messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &from[i],
		    .msg_namelen = sizeof(from[i]),
		    .msg_iov = &parts[i],
		    .msg_iovlen = 1,
		};
	}
}

/* What has come, at least one datagram, goes back. */
static int
batch_turn(int fd)
{
	int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);

	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < got; i++) {
		parts[i].iov_len = messages[i].msg_len;
		if (messages[i].msg_len >= HEADER_LEN)
			octets[i][FLAGS] |= QR;
	}
	for (int sent = 0; sent < got;) {
		int n = sendmmsg(fd, messages + sent, (unsigned)(got - sent), 0);

		if (n < 0 && errno != EINTR)
			return -errno;
		sent += n < 0 ? 0 : n;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	const int buffer_len = BUFFER_LEN;
	uint64_t port = 0;
	int rc = 0;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1 ||
	    hf_uint_from_text(argv[2], UINT16_MAX, &port) != 0) {
		fprintf(stderr, "usage: echo ADDRESS PORT\n");
		return 2;
	}
	at.sin_port = htons((uint16_t)port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0) {
		perror("echo");
		return 1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_len, sizeof(buffer_len));
	while (rc == 0) {
		batch_reset();
		rc = batch_turn(fd);
	}
	fprintf(stderr, "echo: %s\n", strerror(-rc));
	close(fd);
	return 1;
}
