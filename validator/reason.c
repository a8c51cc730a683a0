/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "lib/wire/rdata.h"
#include "validator/validator.h"

static const struct {
	const char *name, *rfc, *text;
	uint16_t ede;
} reasons[VA_REASON_CNT] = {
#define X(name, ede, rfc, text) [VA_##name] = {#name, rfc, text, ede},
    VA_REASONS(X)
#undef X
};

uint16_t
va_reason_ede(enum va_reason r)
{
	return (unsigned)r < VA_REASON_CNT ? reasons[r].ede : (uint16_t)HF_EDE_OTHER;
}

const char *
va_reason_rfc(enum va_reason r)
{
	return (unsigned)r < VA_REASON_CNT ? reasons[r].rfc : "?";
}

const char *
va_reason_text(enum va_reason r)
{
	return (unsigned)r < VA_REASON_CNT ? reasons[r].text : "?";
}

const char *
va_reason_name(enum va_reason r)
{
	return (unsigned)r < VA_REASON_CNT ? reasons[r].name : "?";
}

/* Append what fits of text to buf, keeping the NUL. */
static size_t
append(char *buf, size_t cap, size_t len, const char *text)
{
	while (*text != '\0' && len + 1 < cap)
		buf[len++] = *text++;
	buf[len] = '\0';
	return len;
}

size_t
va_result_to_text(const struct va_result *r, const char *from, char *buf, size_t cap)
{
	char type[HF_TYPE_TEXT_LEN], owner[HF_NAME_TEXT_LEN], tag[16] = "", tail[192];
	bool has_sig = r->algorithm != 0;
	size_t len = 0;

	if (cap == 0)
		return 0;
	if (has_sig)
		snprintf(tag, sizeof(tag), " keytag %u", (unsigned)r->key_tag);
	snprintf(tail, sizeof(tail), "%s%s%.64s: %s", tag, from != NULL ? " from " : "",
	    from != NULL ? from : "", va_reason_text(r->reason));
	len = append(buf, cap, len, has_sig ? "RRSIG " : "");
	len = append(buf, cap, len, hf_type_to_text(r->type, type));
	len = append(buf, cap, len, " ");

	/* A long owner is cut, never the reason behind it. */
	size_t tail_len = strlen(tail) + strlen("...");
	size_t room = cap > len + tail_len + 1 ? cap - len - tail_len - 1 : 0;
	hf_name_to_text(&r->owner, owner);
	if (strlen(owner) > room + strlen("..."))
		memcpy(owner + room, "...", sizeof("..."));
	len = append(buf, cap, len, owner);
	return append(buf, cap, len, tail);
}
