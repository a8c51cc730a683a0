/* SPDX-License-Identifier: BSD-3-Clause */
/* Unit test of dataplane/batch.c: what was put into a ring comes out in order, checked and keyed,
 * and nobody else's any more. */
#include <stdio.h>

#include "dataplane/batch.h"
#include "tests/unit/dp_fixture.h"

enum { SLOTS = 32, EPOCH = 77 };

static alignas(HF_RING_ALIGN) uint8_t mem[192 + SLOTS * HF_UPDATE_SLOT_LEN];
static struct hf_ring in, out;
static uint64_t counters[HF_COUNTER_CNT];
static struct dp_table *table;
static struct dp_policy *policy;
static struct dp_batch batch;
static struct fx_msg msg;

static int
set_up(void **state)
{
	(void)state;
	table = dp_table_create(1 << 20, fx_seed, counters);
	policy = table != NULL ? dp_policy_create_default(&table->hash) : NULL;
	return policy != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	dp_policy_free(policy);
	dp_table_destroy(table);
	return 0;
}

static void
fresh_ring(void)
{
	assert_int_equal(hf_ring_format(mem, sizeof(mem), SLOTS, HF_UPDATE_SLOT_LEN), 0);
	assert_int_equal(hf_ring_join_writer(&in, mem, sizeof(mem), SLOTS, HF_UPDATE_SLOT_LEN), 0);
	assert_int_equal(hf_ring_join_reader(&out, mem, sizeof(mem), SLOTS, HF_UPDATE_SLOT_LEN), 0);
}

static void
send(const void *m, size_t len)
{
	void *slot = hf_ring_reserve(&in);

	assert_non_null(slot);
	memcpy(slot, m, len);
	hf_ring_commit(&in);
}

/* A good answer for n<i>.example., with as many records. */
static void
make(unsigned i, unsigned rr_cnt)
{
	char text[32];

	snprintf(text, sizeof(text), "n%u.example.", i);
	fx_make(&(struct fx_answer){.name = text, .rr_cnt = rr_cnt, .ttl_s = 60}, &msg);
	msg.m.head.epoch = EPOCH;
}

static unsigned
take(void)
{
	return dp_batch_take(&batch, &out, EPOCH, table);
}

/* Message i of a stream in which every way to go wrong has its turn; returns its fault. */
static enum hf_msg_fault
send_one(unsigned i)
{
	enum hf_msg_fault want = HF_MSG_OK;

	make(i, i % 7);
	if (i % 5 == 1) {
		msg.m.head.epoch++;
		want = HF_MSG_FAULT_EPOCH;
	} else if (i % 5 == 2) {
		msg.m.head.len = (uint16_t)(HF_UPDATE_SLOT_LEN + i);
		want = HF_MSG_FAULT_LENGTH;
	} else if (i % 5 == 3) {
		msg.m.body_len++;
		want = HF_MSG_FAULT_LENGTH;
	} else if (i % 15 == 4) {
		msg.m.head.type = HF_MSG_POLICY_END;
		msg.m.head.len = sizeof(struct hf_msg_policy_end);
	}
	send(msg.octets, sizeof(msg.octets));
	return want;
}

static void
messages_come_out_in_order_each_with_its_fault_and_its_key(void **state)
{
	(void)state;
	enum hf_msg_fault want[SLOTS];
	unsigned at = 0;

	fresh_ring();
	assert_int_equal(take(), 0);
	for (unsigned i = 0; i < SLOTS; i++)
		want[i] = send_one(i);
	for (unsigned cnt; (cnt = take()) != 0; at += cnt) {
		assert_int_equal(cnt, DP_BATCH_MAX);
		for (unsigned i = 0; i < cnt; i++) {
			const struct dp_message *m = &batch.message[i];

			assert_int_equal(m->fault, want[at + i]);
			if (m->fault != HF_MSG_OK || m->head->type != HF_MSG_ANSWER)
				continue;
			make(at + i, (at + i) % 7);
			struct dp_key key;
			dp_key_from_msg(&key, &table->hash, &msg.m.key);
			assert_memory_equal(m->answer.m, msg.octets, msg.m.head.len);
			assert_int_equal(m->answer.view.ttl_cnt, (at + i) % 7);
			assert_true(m->answer.key.hash == key.hash);
			assert_true(dp_key_equal(&m->answer.key.o, &key.o));
		}
	}
	assert_int_equal(at, SLOTS);
}

static void
what_the_sender_does_to_a_slot_afterwards_is_not_seen(void **state)
{
	(void)state;
	fresh_ring();
	for (unsigned i = 0; i < 3; i++) {
		make(i, 40);
		send(msg.octets, msg.m.head.len);
	}
	assert_int_equal(take(), 3);
	memset(mem + 192, 0xff, sizeof(mem) - 192);
	for (unsigned i = 0; i < 3; i++) {
		make(i, 40);
		assert_memory_equal(batch.message[i].head, msg.octets, msg.m.head.len);
	}
}

/* Whatever the head says: ASan sees an octet too many. */
static void
a_batch_of_messages_of_any_length_has_room(void **state)
{
	(void)state;
	static const uint16_t len[] = {0, 7, 8, 9, HF_UPDATE_SLOT_LEN - 1, HF_UPDATE_SLOT_LEN,
	    HF_UPDATE_SLOT_LEN + 1, UINT16_MAX};

	fresh_ring();
	for (unsigned l = 0; l < sizeof(len) / sizeof(len[0]); l++) {
		for (unsigned i = 0; i < DP_BATCH_MAX; i++) {
			make(i, 1);
			msg.m.head.len = len[l];
			send(msg.octets, sizeof(msg.octets));
		}
		assert_int_equal(take(), DP_BATCH_MAX);
		for (unsigned i = 0; i < DP_BATCH_MAX; i++)
			assert_int_equal(batch.message[i].fault, HF_MSG_FAULT_LENGTH);
	}
}

/* All are keyed and looked for before the first goes in. */
static void
of_two_answers_to_a_question_in_one_batch_the_later_stays(void **state)
{
	(void)state;
	fresh_ring();
	for (unsigned i = 0; i < DP_BATCH_MAX; i++) {
		make(i % 4, 1 + i);
		send(msg.octets, msg.m.head.len);
	}
	assert_int_equal(take(), DP_BATCH_MAX);
	for (unsigned i = 0; i < DP_BATCH_MAX; i++) {
		assert_int_equal(batch.message[i].fault, HF_MSG_OK);
		assert_int_equal(dp_table_take(table, policy, &batch.message[i].answer, 1),
		    i < 4 ? DP_INSERT_NEW : DP_INSERT_REPLACED);
	}
	for (unsigned i = 0; i < 4; i++) {
		const struct dp_entry *e = dp_table_find(table, &batch.message[i].answer.key);

		assert_non_null(e);
		assert_int_equal(dp_entry_rr_cnt(e), DP_BATCH_MAX - 3 + i);
	}
	assert_int_equal(atomic_load(&table->entries), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_come_out_in_order_each_with_its_fault_and_its_key),
	    cmocka_unit_test(what_the_sender_does_to_a_slot_afterwards_is_not_seen),
	    cmocka_unit_test(a_batch_of_messages_of_any_length_has_room),
	    cmocka_unit_test(of_two_answers_to_a_question_in_one_batch_the_later_stays),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
