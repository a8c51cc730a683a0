/* SPDX-License-Identifier: BSD-3-Clause */
#include "controlplane/resolver/query.h"

#include "lib/wire/writer.h"

void
cp_query_choose(const struct hf_question *q, const struct hf_name *cut, struct hf_question *ask)
{
	(void)cut; /* the full name goes to every server for now */
	*ask = *q;
}

size_t
cp_query_write(
    uint8_t buf[CP_QUERY_MAX], const struct cp_query_head *head, const struct hf_question *q)
{
	struct hf_writer w;
	struct hf_edns opt = {.present = true, .dnssec_ok = true, .udp_len = HF_UDP_EDNS_SEND};

	hf_writer_init(&w, buf, CP_QUERY_MAX);
	hf_writer_question(&w, q);
	if (head->edns)
		hf_writer_opt(&w, &opt, NULL);
	return hf_writer_finish(&w, head->id, head->flags);
}
