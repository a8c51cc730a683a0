/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under AddressSanitizer every chunk goes back to it, so that it sees what is used too late. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_SPARES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS_SPARES 0
#endif
#endif
#ifndef KEEPS_SPARES
#define KEEPS_SPARES 1
#endif

enum {
	ALIGN = _Alignof(max_align_t),
	CHUNK_LEN = 8192, /* what a chunk takes from malloc, unless one object needs more */
	SPARES_MAX = KEEPS_SPARES ? HF_ARENA_SPARE_OCTETS / CHUNK_LEN : 0,
};

struct hf_arena_chunk {
	struct hf_arena_chunk *next;
	size_t used; /* octets of data handed out, a multiple of ALIGN */
	size_t len;  /* octets of data */
	_Alignas(max_align_t) unsigned char data[];
};

/* Chunks of CHUNK_LEN that this thread's arenas gave back, for the next: malloc would take them
 * apart and put them together again. They stay until the process ends. */
static _Thread_local struct hf_arena_chunk *spares;
static _Thread_local unsigned spare_cnt;

static struct hf_arena_chunk *
chunk_take(size_t total)
{
	struct hf_arena_chunk *chunk = spares;

	if (total != CHUNK_LEN || chunk == NULL)
		return malloc(total);
	spares = chunk->next;
	spare_cnt--;
	return chunk;
}

static void
chunk_give_back(struct hf_arena_chunk *chunk)
{
	if (sizeof(*chunk) + chunk->len != CHUNK_LEN || spare_cnt == SPARES_MAX) {
		free(chunk);
		return;
	}
	chunk->next = spares;
	spares = chunk;
	spare_cnt++;
}

void
hf_arena_init(struct hf_arena *a, size_t limit)
{
	*a = (struct hf_arena){.limit = limit};
}

void
hf_arena_fini(struct hf_arena *a)
{
	while (a->chunks != NULL) {
		struct hf_arena_chunk *chunk = a->chunks;

		a->chunks = chunk->next;
		chunk_give_back(chunk);
	}
	a->used = 0;
}

/* A chunk with room for len octets of data, or NULL. Near the limit it is made just
 * large enough: the limit is what decides, not the chunk size. */
static struct hf_arena_chunk *
chunk_create(struct hf_arena *a, size_t len)
{
	const size_t head = sizeof(struct hf_arena_chunk);
	size_t left = a->limit - a->used;

	if (left < head || len > left - head)
		return NULL;
	size_t total = head + len;

	if (total < CHUNK_LEN)
		total = left < CHUNK_LEN ? left : CHUNK_LEN;
	struct hf_arena_chunk *chunk = chunk_take(total);

	if (chunk == NULL)
		return NULL;
	chunk->used = 0;
	chunk->len = total - head;
	a->used += total;
	return chunk;
}

static void *
take(struct hf_arena *a, size_t len)
{
	struct hf_arena_chunk *chunk = a->chunks;

	if (len > SIZE_MAX - ALIGN)
		return NULL;
	len = len == 0 ? ALIGN : (len + ALIGN - 1) / ALIGN * ALIGN;
	if (chunk == NULL || len > chunk->len - chunk->used) {
		chunk = chunk_create(a, len);
		if (chunk == NULL)
			return NULL;
		/* A large object's chunk is full at once: keep the one with room in front. */
		struct hf_arena_chunk **at = &a->chunks;

		if (a->chunks != NULL && a->chunks->len - a->chunks->used > chunk->len - len)
			at = &a->chunks->next;
		chunk->next = *at;
		*at = chunk;
	}
	void *p = chunk->data + chunk->used;

	chunk->used += len;
	return p;
}

void *
hf_arena_alloc(struct hf_arena *a, size_t len)
{
	void *p = take(a, len);

	if (p != NULL)
		memset(p, 0, len);
	return p;
}

void *
hf_arena_copy(struct hf_arena *a, const void *p, size_t len)
{
	void *to = take(a, len);

	if (to != NULL && len > 0)
		memcpy(to, p, len);
	return to;
}
