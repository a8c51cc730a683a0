/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/name.h"

#include <errno.h>
#include <string.h>

enum {
	LABEL_KIND = 0xc0,    /* the two top bits say what an octet starts, RFC 1035 4.1.4 */
	LABEL_POINTER = 0xc0, /* both set: a pointer; 01 and 10 are nothing (RFC 6891 5) */
	/* More pointers than a name has labels serve nobody but an attacker: without this
	 * limit one record could make us jump 8 000 times. */
	HOP_MAX = HF_LABEL_CNT_MAX,
};

const struct hf_name hf_name_root = {.len = 1, .label_cnt = 0, .octets = {0}};

/* What a walk over a name at some place found out. */
struct span {
	size_t end;  /* one past the name in place: behind the root or the first pointer */
	uint8_t len; /* octets of the name without compression */
	uint8_t label_cnt;
	bool compressed;
};

/* Walk the name at base[off], nothing at or past base[end] is read. Bounded: each turn
 * either adds two octets or more of at most 255, or is one of at most HOP_MAX pointers. */
static bool
name_scan(const uint8_t *base, size_t off, size_t end, unsigned hops, struct span *s)
{
	size_t part = off; /* where the part of the name that is being walked began */
	size_t after = 0;  /* behind the first pointer, 0 while there was none */
	unsigned len = 1, label_cnt = 0;

	for (;;) {
		if (off >= end)
			return false;
		unsigned octet = base[off];

		if (octet == 0)
			break;
		if (octet <= HF_LABEL_MAX) {
			off += octet + 1;
			len += octet + 1;
			if (len > HF_NAME_MAX)
				return false;
			label_cnt++;
			continue;
		}
		if ((octet & LABEL_KIND) != LABEL_POINTER || hops-- == 0 || end - off < 2)
			return false;
		size_t target = (size_t)(octet & ~LABEL_KIND) << 8 | base[off + 1];

		if (target >= part) /* RFC 9267 2: only ever backwards */
			return false;
		if (after == 0)
			after = off + 2;
		part = off = target;
	}
	s->compressed = after != 0;
	s->end = s->compressed ? after : off + 1;
	s->len = (uint8_t)len;
	s->label_cnt = (uint8_t)label_cnt;
	return true;
}

/* Copy a name that name_scan has found good. */
static void
name_copy(const uint8_t *base, size_t off, const struct span *s, struct hf_name *n)
{
	n->len = s->len;
	n->label_cnt = s->label_cnt;
	if (!s->compressed) {
		memcpy(n->octets, base + off, s->len);
		return;
	}
	unsigned at = 0;

	while (at + 1 < s->len) {
		unsigned octet = base[off];

		if (octet > HF_LABEL_MAX) {
			off = (size_t)(octet & ~LABEL_KIND) << 8 | base[off + 1];
			continue;
		}
		memcpy(n->octets + at, base + off, octet + 1);
		at += octet + 1;
		off += octet + 1;
	}
	n->octets[at] = 0;
}

static inline void
name_read(struct hf_cursor *c, unsigned hops, struct hf_name *n)
{
	struct span s;

	if (c->bad || !name_scan(c->base, c->off, c->end, hops, &s)) {
		c->bad = true;
		return;
	}
	name_copy(c->base, c->off, &s, n);
	c->off = (uint32_t)s.end;
}

void
hf_name_read(struct hf_cursor *c, struct hf_name *n)
{
	name_read(c, HOP_MAX, n);
}

void
hf_name_read_plain(struct hf_cursor *c, struct hf_name *n)
{
	name_read(c, 0, n);
}

static inline void
name_skip(struct hf_cursor *c, unsigned hops)
{
	struct span s;

	if (c->bad || !name_scan(c->base, c->off, c->end, hops, &s))
		c->bad = true;
	else
		c->off = (uint32_t)s.end;
}

void
hf_name_skip(struct hf_cursor *c)
{
	name_skip(c, HOP_MAX);
}

void
hf_name_skip_plain(struct hf_cursor *c)
{
	name_skip(c, 0);
}

bool
hf_name_octets_ok(const uint8_t *octets, size_t len)
{
	struct span s;

	return name_scan(octets, 0, len, 0, &s) && s.end == len;
}

int
hf_name_from_octets(const uint8_t *octets, size_t len, struct hf_name *n)
{
	struct span s;

	if (!name_scan(octets, 0, len, 0, &s) || s.end != len)
		return -EINVAL;
	name_copy(octets, 0, &s, n);
	return 0;
}

static bool
is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* One octet of a label at *text, which moves behind it; -1 when it is not one. Raw octets
 * that are not printable ASCII must be written as \DDD: they are a typing error more
 * often than a name. */
static int
text_octet(const char **text)
{
	const char *p = *text;

	if (*p != '\\') {
		*text += 1;
		return *p > ' ' && *p < 0x7f ? *p : -1;
	}
	if (!is_digit(p[1])) {
		*text += 2;
		return p[1] >= ' ' && p[1] < 0x7f ? p[1] : -1;
	}
	if (!is_digit(p[2]) || !is_digit(p[3]))
		return -1;
	int v = (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0');

	*text += 4;
	return v <= UINT8_MAX ? v : -1;
}

/* One label at *text into octets with its length in front. Returns the octets used, 0
 * when there is no label or it does not fit into cap. *text moves behind the label's dot. */
static unsigned
text_label(const char **text, uint8_t *octets, unsigned cap)
{
	unsigned len = 0;

	while (**text != '\0' && **text != '.') {
		int octet = text_octet(text);

		if (octet < 0 || len == HF_LABEL_MAX || len + 1 >= cap)
			return 0;
		octets[++len] = (uint8_t)octet;
	}
	if (len == 0)
		return 0;
	octets[0] = (uint8_t)len;
	if (**text == '.')
		*text += 1;
	return len + 1;
}

int
hf_name_from_text(const char *text, struct hf_name *n)
{
	struct hf_name r;
	unsigned len = 0, label_cnt = 0;

	if (strcmp(text, ".") == 0) {
		*n = hf_name_root;
		return 0;
	}
	do {
		unsigned used = text_label(&text, r.octets + len, HF_NAME_MAX - 1 - len);

		if (used == 0)
			return -EINVAL;
		len += used;
		label_cnt++;
	} while (*text != '\0');
	r.octets[len] = 0;
	r.len = (uint8_t)(len + 1);
	r.label_cnt = (uint8_t)label_cnt;
	*n = r;
	return 0;
}

/* An octet as master files write it (RFC 1035 5.1). Returns the characters used. */
static unsigned
octet_to_text(uint8_t octet, char *out)
{
	if (octet <= ' ' || octet >= 0x7f) {
		out[0] = '\\';
		out[1] = (char)('0' + octet / 100);
		out[2] = (char)('0' + octet / 10 % 10);
		out[3] = (char)('0' + octet % 10);
		return 4;
	}
	if (strchr(".\\\"();@$", octet) != NULL) {
		out[0] = '\\';
		out[1] = (char)octet;
		return 2;
	}
	out[0] = (char)octet;
	return 1;
}

char *
hf_name_to_text(const struct hf_name *n, char buf[HF_NAME_TEXT_LEN])
{
	char *p = buf;

	/* 250 octets of four characters and four dots are the longest: 1 004. */
	for (const uint8_t *label = n->octets; *label != 0; label += *label + 1) {
		for (unsigned i = 1; i <= *label; i++)
			p += octet_to_text(label[i], p);
		*p++ = '.';
	}
	if (p == buf)
		*p++ = '.';
	*p = '\0';
	return buf;
}

/* Lower-casing whole names at once is right: a length octet is at most 63 and 'A' is 65,
 * so no length octet is ever taken for a letter, or a letter for one. */
static inline uint8_t
lower(uint8_t octet)
{
	return octet | (uint8_t)((uint8_t)(octet - 'A') < 26 ? 0x20 : 0);
}

/* The same for eight octets: bit 7 of each lane says whether it holds a capital. */
static inline uint64_t
lower8(const uint8_t *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	uint64_t low7 = w & 0x7f * ones;
	uint64_t from_a = low7 + (0x80 - 'A') * ones;
	uint64_t past_z = low7 + (0x7f - 'Z') * ones;
	uint64_t capital = (from_a ^ past_z) & ~w & 0x80 * ones;

	return w | capital >> 2;
}

void
hf_name_lower(struct hf_name *n)
{
	unsigned i = 0;

	for (; i + 8 <= n->len; i += 8) {
		uint64_t w = lower8(n->octets + i);

		memcpy(n->octets + i, &w, sizeof(w));
	}
	for (; i < n->len; i++)
		n->octets[i] = lower(n->octets[i]);
}

/* len octets of whole labels equal, case ignored. */
static bool
octets_equal(const uint8_t *a, const uint8_t *b, unsigned len)
{
	unsigned i = 0;

	for (; i + 8 <= len; i += 8)
		if (lower8(a + i) != lower8(b + i))
			return false;
	for (; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool
hf_name_equal(const struct hf_name *a, const struct hf_name *b)
{
	return a->len == b->len && octets_equal(a->octets, b->octets, a->len);
}

/* Offsets of all labels of n, the root's last: off[label_cnt]. */
static void
label_offsets(const struct hf_name *n, uint8_t off[HF_LABEL_CNT_MAX + 1])
{
	unsigned at = 0;

	for (unsigned i = 0; i <= n->label_cnt; i++) {
		off[i] = (uint8_t)at;
		at += n->octets[at] + 1u;
	}
}

/* Order of two labels, length octet in front (RFC 4034 6.1). */
static int
label_cmp(const uint8_t *a, const uint8_t *b)
{
	unsigned len = a[0] < b[0] ? a[0] : b[0];

	for (unsigned i = 1; i <= len; i++) {
		int d = lower(a[i]) - lower(b[i]);

		if (d != 0)
			return d;
	}
	return a[0] - b[0];
}

int
hf_name_cmp(const struct hf_name *a, const struct hf_name *b)
{
	uint8_t a_off[HF_LABEL_CNT_MAX + 1], b_off[HF_LABEL_CNT_MAX + 1];
	unsigned least = a->label_cnt < b->label_cnt ? a->label_cnt : b->label_cnt;

	label_offsets(a, a_off);
	label_offsets(b, b_off);
	for (unsigned i = 1; i <= least; i++) {
		int d = label_cmp(
		    a->octets + a_off[a->label_cnt - i], b->octets + b_off[b->label_cnt - i]);

		if (d != 0)
			return d;
	}
	return a->label_cnt - b->label_cnt;
}

unsigned
hf_name_label_off(const struct hf_name *n, unsigned idx)
{
	unsigned at = 0;

	while (idx-- > 0 && n->octets[at] != 0)
		at += n->octets[at] + 1u;
	return at;
}

bool
hf_name_in(const struct hf_name *n, const struct hf_name *zone)
{
	if (n->label_cnt < zone->label_cnt || n->len < zone->len)
		return false;
	unsigned at = hf_name_label_off(n, n->label_cnt - zone->label_cnt);

	return n->len - at == zone->len && octets_equal(n->octets + at, zone->octets, zone->len);
}

unsigned
hf_name_common(const struct hf_name *a, const struct hf_name *b)
{
	uint8_t a_off[HF_LABEL_CNT_MAX + 1], b_off[HF_LABEL_CNT_MAX + 1];
	unsigned least = a->label_cnt < b->label_cnt ? a->label_cnt : b->label_cnt;
	unsigned cnt = 0;

	label_offsets(a, a_off);
	label_offsets(b, b_off);
	while (cnt < least &&
	    label_cmp(a->octets + a_off[a->label_cnt - cnt - 1],
		b->octets + b_off[b->label_cnt - cnt - 1]) == 0)
		cnt++;
	return cnt;
}

void
hf_name_strip(const struct hf_name *n, unsigned cnt, struct hf_name *out)
{
	unsigned at = hf_name_label_off(n, cnt);
	unsigned len = n->len - at;
	unsigned label_cnt = cnt < n->label_cnt ? n->label_cnt - cnt : 0;

	memmove(out->octets, n->octets + at, len);
	out->len = (uint8_t)len;
	out->label_cnt = (uint8_t)label_cnt;
}

/* *out = the first octets of n (cnt labels in len octets), then tail. */
static int
name_join(const uint8_t *octets, unsigned len, unsigned cnt, const struct hf_name *tail,
    struct hf_name *out)
{
	struct hf_name r;

	if (len + tail->len > HF_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(r.octets, octets, len);
	memcpy(r.octets + len, tail->octets, tail->len);
	r.len = (uint8_t)(len + tail->len);
	r.label_cnt = (uint8_t)(cnt + tail->label_cnt);
	*out = r; /* a copy, because out may be one of the others */
	return 0;
}

int
hf_name_replace_suffix(const struct hf_name *n, const struct hf_name *zone,
    const struct hf_name *target, struct hf_name *out)
{
	if (!hf_name_in(n, zone))
		return -EINVAL;
	return name_join(
	    n->octets, n->len - zone->len, n->label_cnt - zone->label_cnt, target, out);
}

int
hf_name_wildcard(const struct hf_name *n, struct hf_name *out)
{
	return name_join((const uint8_t *)"\001*", 2, 1, n, out);
}

bool
hf_name_is_wildcard(const struct hf_name *n)
{
	return n->octets[0] == 1 && n->octets[1] == '*';
}
