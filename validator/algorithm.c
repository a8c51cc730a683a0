/* SPDX-License-Identifier: BSD-3-Clause */
#include "validator/algorithm.h"

#include "lib/wire/const.h"

static const struct va_algorithm algorithms[] = {
#define X(number, name, verifies, relied, pub_len, sig_len, us) \
	[number] = {name, verifies, pub_len, sig_len, us},
    VA_ALGORITHMS(X)
#undef X
};

static const struct {
	const char *name;
	bool verifies;
} digests[] = {
#define X(number, name, verifies, relied) [number] = {name, verifies},
    VA_DIGESTS(X)
#undef X
};

enum {
	ALGORITHM_CNT = sizeof(algorithms) / sizeof(algorithms[0]),
	DIGEST_CNT = sizeof(digests) / sizeof(digests[0]),
};
_Static_assert((int)ALGORITHM_CNT <= 32 && (int)DIGEST_CNT <= 32, "va_rules has 32 bits for each");

const struct va_rules va_rules_default = {
#define X(number, name, verifies, relied, pub_len, sig_len, us) | ((uint32_t)(relied) << (number))
    .algorithms = 0 VA_ALGORITHMS(X),
#undef X
#define X(number, name, verifies, relied) | ((uint32_t)(relied) << (number))
    .digests = 0 VA_DIGESTS(X),
#undef X
    .nsec3_iterations = VA_NSEC3_ITERATIONS_MAX,
    .skew_min_s = VA_SKEW_MIN_S,
    .skew_max_s = VA_SKEW_MAX_S,
};

const struct va_algorithm *
va_algorithm(uint8_t number)
{
	return &algorithms[number < ALGORITHM_CNT ? number : 0];
}

bool
va_digest_verifies(uint8_t number)
{
	return number < DIGEST_CNT && digests[number].verifies;
}

const char *
va_digest_name(uint8_t number)
{
	return number < DIGEST_CNT ? digests[number].name : NULL;
}

bool
va_algorithm_is_rsa(uint8_t number)
{
	return va_algorithm(number)->verifies && va_algorithm(number)->pub_len == 0;
}

bool
va_rules_algorithm(const struct va_rules *rules, uint8_t number)
{
	return va_algorithm(number)->verifies && (rules->algorithms >> number & 1) != 0;
}

bool
va_rules_digest(const struct va_rules *rules, uint8_t number)
{
	return va_digest_verifies(number) && (rules->digests >> number & 1) != 0;
}
