/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfast-controlplane: options, configuration, then the program. */
#include <stdio.h>

#include "controlplane/options.h"
#include "controlplane/program.h"

static void
show_errors(const struct hf_config_errors *errors)
{
	for (size_t i = 0; i < errors->cnt && i < HF_CONFIG_ERROR_MAX; i++)
		fprintf(stderr, "%s\n", errors->text[i]);
	if (errors->cnt > HF_CONFIG_ERROR_MAX)
		fprintf(stderr, "and %zu more\n", errors->cnt - HF_CONFIG_ERROR_MAX);
}

int
main(int argc, char **argv)
{
	struct cp_options o;
	struct hf_config config;
	struct hf_config_errors errors = {0};

	switch (cp_options_parse(argc, argv, &o)) {
	case CP_OPTIONS_DONE:
		return 0;
	case CP_OPTIONS_USAGE:
		return 2;
	case CP_OPTIONS_RUN:
		break;
	}
	int rc = hf_config_load(o.config, &config, &errors);
	show_errors(&errors);
	hf_config_errors_fini(&errors);
	if (rc != 0)
		return 1;
	hf_log_set_level(o.has_log_level ? o.log_level : (enum hf_log_level)config.log_level);
	rc = cp_program_run(&config);
	hf_config_fini(&config);
	return rc;
}
