# Targets for people. A `##` comment is the line that `make help` shows.

.PHONY: help deps run test check unit replay fuzz-smoke system lint format bench bench-quick soak kills model compare bench-recursion bench-idle bench-peers bench-keytrap bench-validator lab-up lab-down install clean

help: ## this list
	@sed -n '/^#   make/s/^# //p' Makefile
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile scripts/module.mk | column -t -s '|'

deps: ## install the Debian packages that building, running and testing need (root)
	@scripts/deps build lab test

run: ## start the appliance and show a resolved name; LAB=1: in a private internet (root)
	@scripts/deps build $(if $(LAB),lab)
	@+$(MAKE) --no-print-directory programs
	@O=$(O) scripts/run $(if $(LAB),--lab)

test: ## everything: set-up, both compilers, unit, fuzz, system, sanitizers (root)
	@scripts/deps build lab test
	@+scripts/test

check: unit lint ## quick and without root: unit tests and lint

unit: unit-programs ## unit tests; SAN=asan or tsan too
	@scripts/run-unit $(addprefix $(O)/,$(unit_tests))

replay: replay-programs ## replay scenarios: ours, and ../shared/scenarios where present
	@scripts/run-replay $(O)

fuzz-smoke: ## every fuzz target for a few seconds each (SECONDS_EACH=5)
	@+$(MAKE) --no-print-directory SAN=fuzz CC=clang fuzz-programs
	@scripts/run-fuzz build-clang-fuzz/tests/fuzz

system: programs system-programs evil-programs ## real binaries, real servers, in network namespaces (root); T='file -k expression'
	@scripts/deps build lab test
	@O=$(O) scripts/run-system $(T)

lint: ## layers, hot path, format, forbidden words
	@scripts/lint $(O)

format: ## lay the C files out as .clang-format says
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

bench: ## measure all but idle and keytrap; writes build/bench/*.json (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs bench-programs
	@O=$(O) tests/bench/hit
	@O=$(O) tests/bench/stages
	@O=$(O) tests/bench/memory
	@O=$(O) tests/bench/cores
	@O=$(O) tests/bench/churn
	@O=$(O) tests/bench/policy
	@O=$(O) tests/bench/steady
	@O=$(O) tests/bench/storm
	@O=$(O) tests/bench/peers
	@O=$(O) tests/bench/validator
	@O=$(O) tests/bench/recursion

bench-quick: ## hits, memory, cores, churn, policy and storms, short, under two minutes (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs bench-programs
	@O=$(O) tests/bench/hit --quick
	@O=$(O) tests/bench/memory --quick
	@O=$(O) tests/bench/cores --quick
	@O=$(O) tests/bench/churn --quick
	@O=$(O) tests/bench/policy --quick
	@O=$(O) tests/bench/storm --quick

bench-recursion: ## cold names only, beside Unbound and Knot Resolver (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs
	@O=$(O) tests/bench/recursion

bench-idle: ## what cores without packets take, and how late they wake (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs bench-programs
	@O=$(O) tests/bench/idle

bench-peers: ## cached answers beside Unbound, Knot Resolver, PowerDNS, BIND and dnsdist (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs bench-programs
	@O=$(O) tests/bench/peers

bench-validator: ## signature checks beside `openssl speed`
	@scripts/deps build bench
	@+$(MAKE) --no-print-directory bench-programs
	@O=$(O) tests/bench/validator

bench-keytrap: ## what others notice of a flood of names that are costly to validate (root)
	@scripts/deps build lab test bench
	@+$(MAKE) --no-print-directory programs evil-programs
	@O=$(O) tests/bench/keytrap

soak: ## a million checked answers, forged replies and a flood of a minute; SOAK=--quick (root)
	@scripts/deps build lab test
	@+$(MAKE) --no-print-directory programs evil-programs
	@O=$(O) tests/evil/soak $(SOAK)

kills: ## the control plane killed 200 times in the middle of a push; the policy is whole each time (root)
	@scripts/deps build lab test
	@+$(MAKE) --no-print-directory programs
	@O=$(O) HF_KILLS=200 /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/system/push_test.py

model: ## a million datagrams beside the Python model of the front end, octet for octet
	@scripts/deps build test
	@+$(MAKE) --no-print-directory programs
	@O=$(O) HF_MODEL_CNT=1000000 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/system/model_test.py

compare: ## verdicts beside those of delv and unbound-host, on all zones and questions (root)
	@scripts/deps build lab test
	@+$(MAKE) --no-print-directory programs
	@O=$(O) tests/peers/run
	@O=$(O) HF_COMPARE=1 scripts/run-system tests/system/delv_test.py

lab-up: ## the private internet alone (scripts/lab)
	@scripts/deps lab
	@scripts/lab/lab up

lab-down: ## and away with it
	@scripts/lab/lab down

install: programs ## programs, default configuration and systemd units below DESTDIR
	@O=$(O) DESTDIR=$(DESTDIR) scripts/install

clean: ## remove what was built
	rm -rf build build-*
