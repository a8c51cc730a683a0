/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channel: a bounded queue of blocks from one thread to another, with a bell.
 *
 * Purpose   Questions to a recursion thread and answers back. First in, first out.
 * Roles     WRITER and READER: one thread each.
 * Memory    Blocks come from malloc and change hands; those left over go with the channel.
 * Blocking  Never. Many puts before the READER wakes cost one system call.
 * Loss      A full channel refuses; the block stays the WRITER's.
 * Trust     Both ends are this process.
 */
#ifndef CP_CHANNEL_H
#define CP_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

struct cp_channel;

/* slot_cnt: a power of two, at least 2. NULL without memory or descriptors. */
struct cp_channel *cp_channel_create(uint32_t slot_cnt);
void cp_channel_destroy(struct cp_channel *c);

/* WRITER. */
bool cp_channel_put(struct cp_channel *c, void *block);
/* WRITER. Wake the READER for something that is not in the channel. */
void cp_channel_ring(struct cp_channel *c);

/* READER. Readable after a put or ring. */
int cp_channel_fd(const struct cp_channel *c);
/* READER. Before it looks: what is put after this rings again. */
void cp_channel_woke(struct cp_channel *c);
/* READER. The oldest block, now the caller's, or NULL. */
void *cp_channel_take(struct cp_channel *c);

#endif
