# Targets for people: set-up, run, test, bench, lint.
