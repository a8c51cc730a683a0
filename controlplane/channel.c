/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/channel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/link/ring.h"

struct cp_channel {
	struct hf_ring writer;                         /* WRITER's handle */
	_Alignas(HF_RING_ALIGN) struct hf_ring reader; /* READER's handle */
	_Alignas(HF_RING_ALIGN) atomic_bool rung;      /* the bell was rung and not heard yet */
	int bell;
	void *ring;
};

static int
make_ring(struct cp_channel *c, uint32_t slot_cnt)
{
	size_t len = hf_ring_footprint(slot_cnt, sizeof(void *));

	if (len == 0 || posix_memalign(&c->ring, HF_RING_ALIGN, len) != 0)
		return -1;
	if (hf_ring_format(c->ring, len, slot_cnt, sizeof(void *)) != 0 ||
	    hf_ring_join_writer(&c->writer, c->ring, len, slot_cnt, sizeof(void *)) != 0 ||
	    hf_ring_join_reader(&c->reader, c->ring, len, slot_cnt, sizeof(void *)) != 0)
		return -1;
	return 0;
}

struct cp_channel *
cp_channel_create(uint32_t slot_cnt)
{
	struct cp_channel *c = aligned_alloc(HF_RING_ALIGN, sizeof(*c));

	if (c == NULL)
		return NULL;
	*c = (struct cp_channel){.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	if (c->bell < 0 || make_ring(c, slot_cnt) != 0) {
		cp_channel_destroy(c);
		return NULL;
	}
	return c;
}

void
cp_channel_destroy(struct cp_channel *c)
{
	void *block;

	if (c == NULL)
		return;
	while (c->reader.shm != NULL && (block = cp_channel_take(c)) != NULL)
		free(block);
	if (c->bell >= 0)
		close(c->bell);
	free(c->ring);
	free(c);
}

bool
cp_channel_put(struct cp_channel *c, void *block)
{
	void **slot = hf_ring_reserve(&c->writer);

	if (slot == NULL)
		return false;
	*slot = block;
	hf_ring_commit(&c->writer);
	cp_channel_ring(c);
	return true;
}

void
cp_channel_ring(struct cp_channel *c)
{
	const uint64_t one = 1;

	/* Both this and the exchange in woke are read-modify-writes in one order: either the
	 * READER has yet to look and sees what was put, or this one rings. */
	if (atomic_exchange_explicit(&c->rung, true, memory_order_acq_rel))
		return;
	/* Cannot fail: the counter is at most 1. */
	(void)!write(c->bell, &one, sizeof(one));
}

int
cp_channel_fd(const struct cp_channel *c)
{
	return c->bell;
}

void
cp_channel_woke(struct cp_channel *c)
{
	uint64_t cnt;

	(void)!read(c->bell, &cnt, sizeof(cnt));
	(void)atomic_exchange_explicit(&c->rung, false, memory_order_acq_rel);
}

void *
cp_channel_take(struct cp_channel *c)
{
	void *block = NULL;

	return hf_ring_take(&c->reader, &block, sizeof(block)) > 0 ? block : NULL;
}
