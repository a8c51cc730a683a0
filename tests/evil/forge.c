/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/forge.h"

enum { FORGE_MAX = 10000 };

unsigned
evil_forge_cnt(const struct evil_words *w, enum evil_forge kind)
{
	enum evil_word word = (enum evil_word)(EVIL_fakeid + (unsigned)kind);
	uint32_t cnt = w->have[word] ? w->arg[word] : 0;

	if (w->have[EVIL_fake] && kind != EVIL_FORGE_CASE)
		cnt += w->arg[EVIL_fake];
	return cnt < FORGE_MAX ? cnt : FORGE_MAX;
}

/* Upper case becomes lower and the other way round. */
static void
turn_case(uint8_t *name)
{
	for (; name[0] != 0; name += name[0] + 1u)
		for (unsigned i = 1; i <= name[0]; i++)
			if ((name[i] | 0x20) >= 'a' && (name[i] | 0x20) <= 'z')
				name[i] ^= 0x20;
}

size_t
evil_forge_make(enum evil_forge kind, const struct evil_ask *ask, uint64_t random, uint8_t *buf,
    struct evil_way *way)
{
	size_t len = evil_reply_lie(ask, buf);
	uint8_t *question = buf + HF_HEADER_LEN, *type = question + ask->name.len;
	uint16_t other = (uint16_t)(1 + random % 65535);

	*way = (struct evil_way){.from = ask->to, .to = ask->from};
	switch (kind) {
	case EVIL_FORGE_ID:
		buf[0] ^= (uint8_t)(other >> 8);
		buf[1] ^= (uint8_t)other;
		break;
	case EVIL_FORGE_PORT:
		way->to.port ^= other;
		break;
	case EVIL_FORGE_NAME:
		question[1] ^= 1;
		break;
	case EVIL_FORGE_TYPE:
		type[1] ^= 1;
		break;
	case EVIL_FORGE_CLASS:
		type[3] = HF_CLASS_CH;
		break;
	case EVIL_FORGE_QR:
		buf[2] &= 0x7f;
		break;
	case EVIL_FORGE_OPCODE:
		buf[2] |= HF_OPCODE_NOTIFY << 3;
		break;
	case EVIL_FORGE_SRC:
		way->from.octets[way->from.family == AF_INET ? 3 : 15] ^= 8;
		break;
	case EVIL_FORGE_SPORT:
		way->other_port = true;
		break;
	default:
		turn_case(question);
		break;
	}
	return len;
}
