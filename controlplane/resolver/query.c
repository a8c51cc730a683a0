/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/query.h"

#include "lib/wire/writer.h"

/* Labels of the next name to ask about (RFC 9156 2.3). */
static unsigned
labels_next(const struct hf_name *name, const struct cp_shown *shown)
{
	unsigned left, more = 1;

	if (shown->off || shown->steps >= CP_MINIMISE_MAX || shown->labels >= name->label_cnt)
		return name->label_cnt;
	left = name->label_cnt - shown->labels;
	if (shown->steps >= CP_MINIMISE_ONE_LABEL)
		more = left / (CP_MINIMISE_MAX - shown->steps);
	return shown->labels + (more > 0 ? more : 1);
}

/* "_tcp" and the like: no zone begins there as a rule, so that nothing is hidden by asking. */
static bool
is_underscored(const struct hf_name *name, unsigned labels)
{
	unsigned off = hf_name_label_off(name, name->label_cnt - labels);

	return name->octets[off + 1] == '_';
}

void
cp_query_choose(const struct hf_question *q, const struct cp_shown *shown, struct hf_question *ask)
{
	unsigned labels = labels_next(&q->name, shown);

	while (labels < q->name.label_cnt && is_underscored(&q->name, labels))
		labels++;
	*ask = *q;
	if (labels == q->name.label_cnt)
		return;
	hf_name_strip(&q->name, q->name.label_cnt - labels, &ask->name);
	ask->type = q->type == HF_TYPE_NS ? HF_TYPE_NS : HF_TYPE_A;
}

void
cp_query_mix_case(struct hf_name *n, const uint8_t bits[(HF_NAME_MAX + 7) / 8])
{
	for (unsigned i = 0; i < n->len; i++) {
		uint8_t c = n->octets[i] | 0x20;

		/* A length octet is under 64 and never looks like a letter. */
		if (c >= 'a' && c <= 'z' && (n->octets[i] & 0x40) != 0)
			n->octets[i] = (bits[i / 8] >> i % 8 & 1) != 0 ? c : c & ~0x20;
	}
}

size_t
cp_query_write(
    uint8_t buf[CP_QUERY_MAX], const struct cp_query_head *head, const struct hf_question *q)
{
	uint8_t option[CP_COOKIE_OPTION_MAX];
	struct hf_writer w;
	struct hf_edns opt = {.present = true, .dnssec_ok = true, .udp_len = HF_UDP_EDNS_SEND};

	hf_writer_init(&w, buf, CP_QUERY_MAX);
	hf_writer_question(&w, q);
	if (head->edns) {
		opt.options_len = (uint16_t)cp_cookie_option(&head->cookie, option);
		hf_writer_opt(&w, &opt, option);
	}
	return hf_writer_finish(&w, head->id, head->flags);
}
