/* SPDX-License-Identifier: BSD-3-Clause */
/* The hit path for CPUs with AVX2; dataplane/module.mk has the compiler's flags. */
#define DP_HIT_WAY      dp_hit_avx2
#define DP_HIT_WAY_NAME "avx2"
#include "dataplane/hit_way.h"
