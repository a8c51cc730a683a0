/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/wire/rdata.h"
#include "validator/signature.h"

bool
va_sig_parse(const struct hf_rdata *rdata, struct va_sig *sig)
{
	struct hf_cursor c;
	struct va_sig s;

	hf_cursor_init(&c, rdata->data, rdata->len);
	s.fixed = rdata->data;
	s.type_covered = hf_cursor_u16(&c);
	s.algorithm = hf_cursor_u8(&c);
	s.labels = hf_cursor_u8(&c);
	s.original_ttl = hf_cursor_u32(&c);
	s.expiration = hf_cursor_u32(&c);
	s.inception = hf_cursor_u32(&c);
	s.key_tag = hf_cursor_u16(&c);
	s.signer = hf_name_root;
	hf_name_read_plain(&c, &s.signer);
	s.octets_len = (uint16_t)hf_cursor_left(&c);
	s.octets = hf_cursor_bytes(&c, s.octets_len);
	if (!hf_cursor_ok(&c) || s.octets_len == 0)
		return false;
	hf_name_lower(&s.signer);
	*sig = s;
	return true;
}

unsigned
va_owner_labels(const struct hf_name *owner)
{
	return owner->label_cnt - (hf_name_is_wildcard(owner) ? 1u : 0u);
}

/* Types that say where they stand: made from a wildcard they would say it of a name that
 * the zone never held. A stretched NSEC "proves" gaps that are none. */
static bool
type_is_placed(uint16_t type)
{
	return type == HF_TYPE_NSEC || type == HF_TYPE_NSEC3 || type == HF_TYPE_DS ||
	    type == HF_TYPE_DNSKEY || type == HF_TYPE_SOA;
}

static enum va_reason
check_labels(const struct va_sig *sig, const struct hf_rrset *set)
{
	unsigned owner = va_owner_labels(&set->owner);

	if (sig->labels > owner || sig->labels < sig->signer.label_cnt)
		return VA_SIG_LABELS;
	if (sig->labels < owner && type_is_placed(set->type))
		return VA_SIG_LABELS;
	return VA_OK;
}

/* Serial arithmetic, so that 2106 is a date like another (RFC 4034 3.1.5). */
static int64_t
serial_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Whoever makes signatures for a minute means a minute: forgiven is never more than the life. */
static int64_t
skew(const struct va_rules *rules, int64_t life)
{
	int64_t s = life / 10;

	if (s < rules->skew_min_s)
		s = rules->skew_min_s;
	if (s > rules->skew_max_s)
		s = rules->skew_max_s;
	return s < life ? s : life;
}

static enum va_reason
check_time(const struct va_sig *sig, const struct va_rules *rules, int64_t now_s)
{
	int64_t life = serial_diff(sig->expiration, sig->inception);
	uint32_t now = (uint32_t)now_s;

	if (life < 0)
		return VA_SIG_MALFORMED;
	if (serial_diff(now, sig->expiration) > skew(rules, life))
		return VA_SIG_EXPIRED;
	if (serial_diff(sig->inception, now) > skew(rules, life))
		return VA_SIG_NOT_YET;
	return VA_OK;
}

enum va_reason
va_sig_check(const struct va_sig *sig, const struct hf_rrset *set, const struct hf_name *zone,
    const struct va_rules *rules, int64_t now_s)
{
	enum va_reason reason;

	if (sig->type_covered != set->type)
		return VA_SIG_MALFORMED;
	if (!hf_name_equal(&sig->signer, zone))
		return VA_SIG_SIGNER;
	reason = check_labels(sig, set);
	return reason != VA_OK ? reason : check_time(sig, rules, now_s);
}

uint32_t
va_sig_ttl(const struct va_sig *sig, const struct hf_rrset *set, int64_t now_s)
{
	int64_t left = serial_diff(sig->expiration, (uint32_t)now_s);
	uint32_t ttl = set->ttl < sig->original_ttl ? set->ttl : sig->original_ttl;

	if (left < 0) /* forgiven by the skew, but not to be kept */
		return 0;
	return left < (int64_t)ttl ? (uint32_t)left : ttl;
}
