/* SPDX-License-Identifier: BSD-3-Clause */
#include "validator/canon.h"
#include "validator/crypto.h"
#include "validator/key.h"
#include "validator/validator.h"

/* A check with key, if there is budget for one. */
static bool
checks(struct va_canon *canon, const struct va_sig *sig, const struct va_key *key,
    struct va_budget *budget)
{
	struct va_octets data, made = {sig->octets, sig->octets_len};
	uint32_t us = va_key_check_us(key);

	if (budget->sig_checks == 0 || budget->sig_us < us)
		return false;
	budget->sig_checks--;
	budget->sig_us -= us;
	data.at = va_canon_signed(canon, sig, &data.len);
	return va_crypto_verify(budget->crypto, key, &data, &made) == VA_CRYPTO_GOOD;
}

bool
va_key_revokes_itself(const struct hf_rrset *keys, const struct hf_rdata *rdata, int64_t now_s,
    struct va_budget *budget)
{
	struct va_canon canon;
	struct va_key key;
	unsigned tried = 0;
	bool good = false;

	if (keys->type != HF_TYPE_DNSKEY || keys->rr_cnt > VA_RRS_MAX ||
	    keys->sig_cnt > VA_RRS_MAX || !va_key_parse(rdata, &key) ||
	    (key.flags & HF_DNSKEY_REVOKE) == 0 || key.protocol != VA_DNSKEY_PROTOCOL ||
	    !va_key_is_zone(&key) || !va_key_shape_ok(&key) || va_canon_init(&canon, keys) != VA_OK)
		return false;
	for (uint16_t i = 0; i < keys->sig_cnt && !good && tried < VA_KEYS_SAME_TAG; i++) {
		struct va_sig sig;

		if (!va_sig_parse(&keys->sig[i], &sig) || sig.key_tag != key.tag ||
		    sig.algorithm != key.algorithm ||
		    va_sig_check(&sig, keys, &keys->owner, budget->rules, now_s) != VA_OK)
			continue;
		tried++;
		good = checks(&canon, &sig, &key, budget);
	}
	va_canon_fini(&canon);
	return good;
}
