/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/evil/words.h"

#include <string.h>

static const struct {
	const char *name, *text;
} words[EVIL_WORD_CNT] = {
#define X(name, text) {#name, text},
    EVIL_WORDS(X)
#undef X
};

enum { ARG_DIGITS_MAX = 10 };

const char *
evil_word_name(enum evil_word w)
{
	return words[w].name;
}

const char *
evil_word_text(enum evil_word w)
{
	return words[w].text;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Letters (and what else a word is made of, as in only4), then at most ten digits. */
static void
add_piece(struct evil_words *w, const uint8_t *piece, unsigned len)
{
	for (unsigned i = 0; i < EVIL_WORD_CNT; i++) {
		unsigned name_len = (unsigned)strlen(words[i].name);
		unsigned at = name_len;
		uint64_t arg = 0;

		if (len < name_len || len > name_len + ARG_DIGITS_MAX ||
		    memcmp(piece, words[i].name, name_len) != 0)
			continue;
		while (at < len && is_digit(piece[at]))
			arg = arg * 10 + (piece[at++] - '0');
		if (at != len || w->have[i])
			continue;
		w->have[i] = true;
		w->arg[i] = arg > UINT32_MAX ? UINT32_MAX : (uint32_t)arg;
	}
}

void
evil_words_add(struct evil_words *w, const uint8_t *label, unsigned len)
{
	unsigned begin = 0;

	for (unsigned i = 0; i <= len; i++) {
		if (i < len && label[i] != '-')
			continue;
		if (i > begin)
			add_piece(w, label + begin, i - begin);
		begin = i + 1;
	}
}

void
evil_words_read(const struct hf_name *n, struct evil_words *w)
{
	memset(w, 0, sizeof(*w));
	for (unsigned at = 0; n->octets[at] != 0; at += n->octets[at] + 1u)
		evil_words_add(w, n->octets + at + 1, n->octets[at]);
}

void
evil_words_first(const struct hf_name *n, struct evil_words *w)
{
	memset(w, 0, sizeof(*w));
	evil_words_add(w, n->octets + 1, n->octets[0]);
}
