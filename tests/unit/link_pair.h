/* SPDX-License-Identifier: BSD-3-Clause */
/* Both sides of a link over a real socket in a directory of the test's own. */
#ifndef LINK_PAIR_H
#define LINK_PAIR_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/link/link.h"

enum { WORKER_CNT = 2, NOBODY = 65534 };

static char dir[] = "/tmp/holdfast-link-test-XXXXXX";
static char path[64];

static inline int
open_fd_cnt(void)
{
	DIR *d = opendir("/proc/self/fd");
	int cnt = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		cnt++;
	closedir(d);
	return cnt;
}

static const struct hf_link_offer offer = {
    .worker_cnt = WORKER_CNT, .epoch = 7, .boot_ns = 1234, .policy_gen = 5};

/* --- both sides in one process */

struct pair {
	int listen_fd;
	struct hf_link *dp, *cp;
	struct hf_msg_welcome welcome;
};

static inline void
attach(struct pair *p, const struct hf_link_offer *o)
{
	int c, d;

	assert_int_equal(hf_link_connect(path, getuid(), &c), 0);
	assert_int_equal(hf_link_accept(p->listen_fd, getuid(), &d), 0);
	assert_int_equal(hf_link_join(c, &p->cp, &p->welcome), -EAGAIN);
	assert_int_equal(hf_link_welcome(d, o, &p->dp), 0);
	assert_int_equal(hf_link_join(c, &p->cp, &p->welcome), 0);
}

static inline void
pair_open(struct pair *p)
{
	assert_int_equal(hf_link_listen(path, &p->listen_fd), 0);
	attach(p, &offer);
}

static inline void
pair_close(struct pair *p)
{
	hf_link_close(p->dp);
	hf_link_close(p->cp);
	close(p->listen_fd);
	unlink(path);
}

static inline void
put(struct hf_ring *r, uint64_t v)
{
	uint64_t *slot = hf_ring_reserve(r);

	assert_non_null(slot);
	*slot = v;
	hf_ring_commit(r);
}

static inline uint64_t
get(struct hf_ring *r)
{
	uint64_t v = 0;

	return hf_ring_take(r, &v, sizeof(v)) == sizeof(v) ? v : 0;
}

static inline bool
readable(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1 && (p.revents & POLLIN) != 0;
}

static inline int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/link", dir);
	return 0;
}

static inline int
remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

#endif
