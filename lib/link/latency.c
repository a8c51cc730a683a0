/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/link/latency.h"

uint64_t
hf_latency_above_ns(unsigned bucket)
{
	unsigned sub_cnt = 1u << HF_LATENCY_SUB_LOG2;

	if (bucket >= HF_LATENCY_BUCKET_CNT - 1)
		return UINT64_MAX;

	unsigned octave = HF_LATENCY_LOWEST_LOG2 + bucket / sub_cnt; /* of the bucket above */

	return (uint64_t)(sub_cnt + bucket % sub_cnt) << (octave - HF_LATENCY_SUB_LOG2);
}

uint64_t
hf_latency_total(const struct hf_latency_row *row)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < HF_LATENCY_BUCKET_CNT; i++)
		total += row->cnt[i];
	return total;
}

uint64_t
hf_latency_quantile_ns(const struct hf_latency_row *row, unsigned permille)
{
	uint64_t total = hf_latency_total(row);
	/* rounded up, without overflow */
	uint64_t rank = total / 1000 * permille + (total % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;
	unsigned i = 0;

	if (total == 0)
		return 0;
	if (rank == 0)
		rank = 1;
	while (i < HF_LATENCY_BUCKET_CNT - 1 && seen + row->cnt[i] < rank)
		seen += row->cnt[i++];

	uint64_t above_ns = hf_latency_above_ns(i);

	return above_ns < row->max_ns ? above_ns : row->max_ns;
}

void
hf_latency_merge(struct hf_latency_row *into, const struct hf_latency_row *row)
{
	into->sum_ns += row->sum_ns;
	if (row->max_ns > into->max_ns)
		into->max_ns = row->max_ns;
	for (unsigned i = 0; i < HF_LATENCY_BUCKET_CNT; i++)
		into->cnt[i] += row->cnt[i];
}
