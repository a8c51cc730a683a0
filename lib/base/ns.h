/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ns: nanoseconds in longer units.
 *
 * Purpose   The constants alone, for code that is told the time and must not read a clock.
 * Roles     Any.
 * Memory    None.
 * Blocking  Never.
 * Errors    None.
 * Trust     Nothing here reads input.
 */
#ifndef HF_BASE_NS_H
#define HF_BASE_NS_H

#include <stdint.h>

#define HF_NS_PER_S  UINT64_C(1000000000)
#define HF_NS_PER_MS UINT64_C(1000000)
#define HF_NS_PER_US UINT64_C(1000)

#endif
