/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * words: the behaviour that is spelled in a name.
 *
 * Purpose   A label is cut at its hyphens; a piece that is a word of the list below, or one
 *           with a number behind, is a behaviour. Any other piece means nothing and makes
 *           names differ. tests/evil/README.md is the same list for people.
 * Roles     Any thread.
 * Memory    Values.
 * Blocking  Never.
 * Errors    None: what is no word is nothing.
 * Trust     Names may be hostile; every loop is bounded by the name.
 */
#ifndef EVIL_WORDS_H
#define EVIL_WORDS_H

#include "lib/wire/name.h"

/* clang-format off */
#define EVIL_WORDS(X) \
	X(q, "tag N: what was received for names with it is counted apart") \
	/* the way of replies, at the servers of the zone the label is in */ \
	X(delay, "replies come N ms late") \
	X(drop, "N % of replies are lost") \
	X(dup, "N % of replies come twice") \
	X(reorder, "N % of replies are overtaken by others") \
	X(fake, "before the true reply N of each kind of forged one, except fakecase") \
	X(fakeid, "N forged replies with a wrong ID") \
	X(fakeport, "N to a wrong port") \
	X(fakename, "N with a wrong name in the question") \
	X(faketype, "N with a wrong type in the question") \
	X(fakeclass, "N with a wrong class in the question") \
	X(fakeqr, "N that are no replies (QR clear)") \
	X(fakeopcode, "N with a wrong opcode") \
	X(fakesrc, "N from a wrong address") \
	X(fakesport, "N from a wrong port") \
	X(fakecase, "N with the case of the question's name turned round") \
	X(bad, "malformed reply of kind N, then the true one") \
	X(poison, "true replies carry records that are not theirs to give") \
	/* servers; N: only the first N of the zone (0 or none: all) */ \
	X(silent, "never reply") \
	X(othersrc, "reply from an address that was not asked") \
	X(refused, "REFUSED") \
	X(servfail, "SERVFAIL") \
	X(notimp, "NOTIMP") \
	X(lame, "a resolver that has nothing: NOERROR, RA, no AA") \
	X(upref, "refer to the root") \
	X(selfref, "refer to the zone itself") \
	X(sideref, "refer to another zone") \
	X(formerr, "FORMERR when there is an OPT, and no OPT in the reply") \
	X(badvers, "BADVERS when there is an OPT") \
	X(dropedns, "no reply when there is an OPT") \
	X(noedns, "reply as if there were no OPT") \
	X(tc, "TC and nothing else over UDP") \
	X(tcdata, "TC with the true records over UDP") \
	X(tcpoison, "TC with false records over UDP") \
	X(tcpslow, "octets of a TCP reply come in eight pieces, N ms apart") \
	X(tcpclose, "TCP connections are closed after the query") \
	X(tcphalf, "... after half of the reply") \
	X(tcpsilent, "TCP queries are not answered") \
	/* names: at and below the label */ \
	X(nx, "does not exist, and is no zone") \
	X(nodata, "exists without records") \
	X(ttl, "TTL is N s; of a zone's label: also that of its delegation") \
	X(many, "N records of the type") \
	X(big, "N records of 510 octets (TXT)") \
	X(cname, "alias of a name in another zone, N links long") \
	X(loop, "alias of itself, by way of another") \
	X(dname, "names below the label: DNAME to a sibling") \
	X(dnameloop, "names below the label: DNAME to a name below it") \
	X(camp, "CAMP: chain of N aliases to names of ten labels, each in a fresh zone") \
	/* delegations: in the label of a zone's apex, at its parent */ \
	X(zone, "below the second label: this label is a zone") \
	X(endless, "every label below is a zone") \
	X(servers, "N servers (13 at most) instead of 2") \
	X(only4, "servers have IPv4 addresses only") \
	X(only6, "servers have IPv6 addresses only") \
	X(oob, "servers have names in another zone: no glue") \
	X(noglue, "servers have names in the zone and no glue: a dead end") \
	X(until, "delegated until N s since 1970, then it does not exist") \
	X(ghost, "the zone's own NS records name another set of servers, with a TTL of a day") \
	X(overlap, "N servers with the same four addresses, all silent") \
	X(nxns, "NXNS: N server names that do not exist, each in a fresh zone") \
	X(nrd, "NRDelegation: N server names, each in a fresh zone with silent servers") \
	X(tsu, "TsuNAME: its server is in the zone tsuM, M = N xor 1, and the other way round") \
	X(ring, "its server is in the zone ringM, M = N + 1 modulo 8") \
	X(chase, "its server is in the zone chaseM, M = N + 1, without end")
/* clang-format on */

enum evil_word {
#define X(name, text) EVIL_##name,
	EVIL_WORDS(X)
#undef X
	    EVIL_WORD_CNT,
};

struct evil_words {
	bool have[EVIL_WORD_CNT];
	uint32_t arg[EVIL_WORD_CNT]; /* 0 when no number stood there */
};

const char *evil_word_name(enum evil_word w);
const char *evil_word_text(enum evil_word w);

/* The words of one label (lower case); a word that is there already stays. */
void evil_words_add(struct evil_words *w, const uint8_t *label, unsigned len);
/* The words of all labels of n (lower case); the first from the left wins. */
void evil_words_read(const struct hf_name *n, struct evil_words *w);
/* Those of the first label alone. */
void evil_words_first(const struct hf_name *n, struct evil_words *w);

/* Of a word about servers: it holds for the idx-th. */
static inline bool
evil_word_for(const struct evil_words *w, enum evil_word word, unsigned idx)
{
	return w->have[word] && (w->arg[word] == 0 || idx < w->arg[word]);
}

#endif
