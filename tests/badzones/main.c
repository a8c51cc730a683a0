/* SPDX-License-Identifier: BSD-3-Clause */
/* Bad zones: each predicate of the validator broken alone, at least BZ_LEAST times. An argument
 * is the name of the one to run. */
#include "tests/badzones/bz.h"

static int
teardown(void **state)
{
	(void)state;
	bz_end(); /* when a case failed */
	bz.cnt = 0;
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define X(name) cmocka_unit_test_teardown(name, teardown),
	    BZ_PREDICATES(X)
#undef X
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
