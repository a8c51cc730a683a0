/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target of lib/wire/name.c: any octets as a message with names, and as text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool true_whatever_comes_in)
{
	if (!true_whatever_comes_in)
		abort();
}

static bool
same(const struct hf_name *a, const struct hf_name *b)
{
	return a->len == b->len && a->label_cnt == b->label_cnt &&
	    memcmp(a->octets, b->octets, a->len) == 0;
}

/* Every way out of a name and back in gives the same name. */
static void
check_one(const struct hf_name *n)
{
	char text[HF_NAME_TEXT_LEN];
	struct hf_name again, lower = *n, twice;

	must(n->len >= 1 && n->octets[n->len - 1] == 0 && n->label_cnt <= HF_LABEL_CNT_MAX);
	must(hf_name_label_off(n, n->label_cnt) == n->len - 1u);
	must(hf_name_from_octets(n->octets, n->len, &again) == 0 && same(&again, n));
	must(hf_name_from_text(hf_name_to_text(n, text), &again) == 0 && same(&again, n));
	hf_name_lower(&lower);
	must(hf_name_equal(n, &lower) && hf_name_cmp(n, &lower) == 0);
	twice = lower;
	hf_name_lower(&twice);
	must(same(&twice, &lower));
	if (hf_name_wildcard(n, &again) == 0) {
		must(hf_name_is_wildcard(&again) && hf_name_in(&again, n));
		hf_name_strip(&again, 1, &again);
		must(same(&again, n));
	}
}

static void
check_two(const struct hf_name *a, const struct hf_name *b)
{
	struct hf_name cut_a, cut_b, moved;
	unsigned common = hf_name_common(a, b);
	int ab = hf_name_cmp(a, b), ba = hf_name_cmp(b, a);

	must((ab == 0) == hf_name_equal(a, b));
	must((ab < 0) == (ba > 0));
	must(common == hf_name_common(b, a));
	must(hf_name_in(a, b) == (common == b->label_cnt));
	hf_name_strip(a, a->label_cnt - common, &cut_a);
	hf_name_strip(b, b->label_cnt - common, &cut_b);
	must(hf_name_equal(&cut_a, &cut_b) && hf_name_in(a, &cut_b));
	if (hf_name_replace_suffix(a, &cut_b, b, &moved) == 0)
		must(hf_name_in(&moved, b) &&
		    moved.label_cnt == a->label_cnt - common + b->label_cnt);
}

static bool
read_at(const uint8_t *msg, size_t len, uint32_t off, struct hf_name *n)
{
	struct hf_cursor c, skip;

	hf_cursor_init(&c, msg, len);
	c.off = off < c.end ? off : c.end;
	skip = c;
	hf_name_read(&c, n);
	hf_name_skip(&skip);
	must(c.off == skip.off && c.bad == skip.bad && c.off <= c.end);
	return hf_cursor_ok(&c);
}

static void
check_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct hf_name n;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (hf_name_from_text(text, &n) == 0)
		check_one(&n);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_name a, b;

	if (size < 3)
		return 0;
	uint32_t off_a = (uint32_t)data[0] << 8 | data[1], off_b = data[2];

	data += 3;
	size -= 3;
	bool have_a = read_at(data, size, off_a, &a), have_b = read_at(data, size, off_b, &b);

	if (have_a)
		check_one(&a);
	if (have_a && have_b)
		check_two(&a, &b);
	check_text(data, size);
	return 0;
}
