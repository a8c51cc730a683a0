/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/malformed.h"

#include <string.h>

enum { RECORD_LEN = 16 }; /* pointer, type, class, TTL, length, address */

/* Where an offset counts from. */
enum from { HEAD, RECORD, OPT, END };

enum op {
	CUT,   /* nothing from there on */
	SET8,  /* one octet */
	SET16, /* two */
	POINT, /* a compression pointer there, to value octets behind RECORD */
	GROW,  /* value zero octets at the end */
	TWICE, /* the OPT once more, and counted */
};

struct kind {
	const char *text;
	enum from from;
	int off;
	enum op op;
	unsigned value;
};

/* clang-format off */
static const struct kind kinds[EVIL_MALFORMED_CNT] = {
	{"no octets at all",                      HEAD,   0,   CUT,   0},
	{"one octet",                             HEAD,   1,   CUT,   0},
	{"the ID alone",                          HEAD,   2,   CUT,   0},
	{"cut within the flags",                  HEAD,   3,   CUT,   0},
	{"cut before the counts",                 HEAD,   4,   CUT,   0},
	{"the header but its last octet",         HEAD,   11,  CUT,   0},
	{"the header alone",                      HEAD,   12,  CUT,   0},
	{"cut within the question's name",        HEAD,   14,  CUT,   0},
	{"cut before the question's type",        RECORD, -4,  CUT,   0},
	{"cut within the question's class",       RECORD, -1,  CUT,   0},
	{"cut before the record",                 RECORD, 0,   CUT,   0},
	{"cut within the owner",                  RECORD, 1,   CUT,   0},
	{"cut behind the owner",                  RECORD, 2,   CUT,   0},
	{"cut within the type",                   RECORD, 3,   CUT,   0},
	{"cut behind the type",                   RECORD, 4,   CUT,   0},
	{"cut within the class",                  RECORD, 5,   CUT,   0},
	{"cut within the TTL",                    RECORD, 8,   CUT,   0},
	{"cut behind the TTL",                    RECORD, 10,  CUT,   0},
	{"cut within the length",                 RECORD, 11,  CUT,   0},
	{"cut before the address",                RECORD, 12,  CUT,   0},
	{"cut within the address",                RECORD, 15,  CUT,   0},
	{"cut within the OPT",                    OPT,    1,   CUT,   0},
	{"two OPTs",                              END,    0,   TWICE, 0},
	{"the OPT but its last octet",            END,    -1,  CUT,   0},
	{"no question counted",                   HEAD,   4,   SET16, 0},
	{"two questions counted",                 HEAD,   4,   SET16, 2},
	{"65535 questions counted",               HEAD,   4,   SET16, 65535},
	{"no answer counted",                     HEAD,   6,   SET16, 0},
	{"two answers counted",                   HEAD,   6,   SET16, 2},
	{"65535 answers counted",                 HEAD,   6,   SET16, 65535},
	{"one authority record counted",          HEAD,   8,   SET16, 1},
	{"65535 authority records counted",       HEAD,   8,   SET16, 65535},
	{"no additional record counted",          HEAD,   10,  SET16, 0},
	{"two additional records counted",        HEAD,   10,  SET16, 2},
	{"65535 additional records counted",      HEAD,   10,  SET16, 65535},
	{"one octet behind the end",              END,    0,   GROW,  1},
	{"100 octets behind the end",             END,    0,   GROW,  100},
	{"question: a pointer to itself",         HEAD,   12,  SET16, 0xc00c},
	{"question: a pointer ahead",             HEAD,   12,  SET16, 0xc010},
	{"question: a label of type 01",          HEAD,   12,  SET8,  0x41},
	{"question: a label of type 10",          HEAD,   12,  SET8,  0x81},
	{"question: a label past the end",        HEAD,   12,  SET8,  63},
	{"owner: a pointer to itself",            RECORD, 0,   POINT, 0},
	{"owner: a pointer ahead",                RECORD, 0,   POINT, 12},
	{"owner: a pointer past the end",         RECORD, 0,   SET16, 0xffff},
	{"owner: a pointer into the header",      RECORD, 0,   SET16, 0xc004},
	{"owner: a label of type 01",             RECORD, 0,   SET8,  0x41},
	{"owner: a label of type 10",             RECORD, 0,   SET8,  0x81},
	{"owner: a label past the end",           RECORD, 0,   SET8,  63},
	{"an address of no octets",               RECORD, 10,  SET16, 0},
	{"an address of three octets",            RECORD, 10,  SET16, 3},
	{"an address of five octets",             RECORD, 10,  SET16, 5},
	{"an address of 65535 octets",            RECORD, 10,  SET16, 65535},
	{"an address that swallows the OPT",      RECORD, 10,  SET16, 15},
	{"an answer of class CH",                 RECORD, 4,   SET16, 3},
	{"an answer of class 0",                  RECORD, 4,   SET16, 0},
	{"an answer of class ANY",                RECORD, 4,   SET16, 255},
	{"an AAAA of four octets",                RECORD, 2,   SET16, 28},
	{"an answer of type 0",                   RECORD, 2,   SET16, 0},
	{"an OPT in the answer",                  RECORD, 2,   SET16, 41},
	{"a CNAME that is no name",               RECORD, 2,   SET16, 5},
	{"a SOA of four octets",                  RECORD, 2,   SET16, 6},
	{"an OPT whose owner is not the root",    OPT,    0,   SET8,  1},
	{"an OPT whose options run past the end", OPT,    9,   SET16, 4},
};
/* clang-format on */

const char *
evil_malformed_text(unsigned kind)
{
	return kinds[kind % EVIL_MALFORMED_CNT].text;
}

static void
set16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t
twice(uint8_t *msg, size_t len, size_t opt)
{
	if (len - opt > EVIL_MALFORMED_GROW)
		return len;
	memmove(msg + len, msg + opt, len - opt);
	set16(msg + 10, 2);
	return len + (len - opt);
}

size_t
evil_malformed_make(unsigned kind, uint8_t *msg, size_t len, size_t question_end)
{
	const struct kind *k = &kinds[kind % EVIL_MALFORMED_CNT];
	const size_t from[] = {
	    [HEAD] = 0, [RECORD] = question_end, [OPT] = question_end + RECORD_LEN, [END] = len};
	size_t at = from[k->from] + (size_t)k->off;

	if (at > len || from[OPT] > len)
		return len;
	switch (k->op) {
	case CUT:
		return at;
	case SET8:
		msg[at] = (uint8_t)k->value;
		break;
	case SET16:
		set16(msg + at, k->value);
		break;
	case POINT:
		set16(msg + at, 0xc000 | (unsigned)(question_end + k->value));
		break;
	case GROW:
		memset(msg + len, 0, k->value);
		return len + k->value;
	case TWICE:
		return twice(msg, len, from[OPT]);
	}
	return len;
}
