/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proof: what each NSEC and NSEC3 of a denial says of the name that is denied.
 *
 * Purpose   For people who read a trace: which record stands at which name, which gap a name
 *           falls into. No verdict comes of it: that is the validator's.
 * Roles     Any thread.
 * Memory    The caller's.
 * Blocking  Never; hashes are charged to the budget, at most CP_PROOF_LABELS_MAX ancestors.
 * Errors    Records that say nothing of the name give no fact.
 * Trust     Records are hostile; what they say is told, not believed.
 */
#ifndef CP_RESOLVER_PROOF_H
#define CP_RESOLVER_PROOF_H

#include "validator/validator.h"

enum { CP_PROOF_FACTS_MAX = 24, CP_PROOF_LABELS_MAX = 16 };

/* What the name is that a record speaks of (RFC 5155 1.3, 7.2.1). */
#define CP_PROOF_ROLES(X)                   \
	X(NAME, "the name asked for")       \
	X(ENCLOSER, "the closest encloser") \
	X(CLOSER, "the next closer name")   \
	X(WILDCARD, "the wildcard for it")

enum cp_proof_role {
#define X(name, text) CP_PROOF_##name,
	CP_PROOF_ROLES(X)
#undef X
	    CP_PROOF_ROLE_CNT,
};
const char *cp_proof_role_text(enum cp_proof_role r);

enum cp_proof_says {
	CP_PROOF_STANDS, /* at the name, which has the types of the record and no others */
	CP_PROOF_EMPTY,  /* names below the name are there: it has no records (RFC 4592 2.2.2) */
	CP_PROOF_COVERS, /* the name is in the gap: it does not exist */
};

struct cp_proof_fact {
	const struct hf_rrset *set;
	enum cp_proof_says says;
	bool optout; /* COVERS: or it is a delegation without DS (RFC 5155 6) */
	enum cp_proof_role role;
	struct hf_name name;
};

/* What sets of zone, of which those that are no NSEC or NSEC3 are passed over, say of qname.
 * Returns the number of
 * facts. */
unsigned cp_proof_facts(const struct va_proofs *p, const struct hf_name *qname,
    struct va_budget *budget, struct cp_proof_fact out[CP_PROOF_FACTS_MAX]);

#endif
