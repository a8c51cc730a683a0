/* SPDX-License-Identifier: BSD-3-Clause */
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
