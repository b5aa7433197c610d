.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
DATA ?= .hostkeep
BIN := .venv/bin
APT := chromium lxd busybox-static wireguard-go wireguard-tools iproute2 iputils-ping poppler-utils postgresql-15 nftables

.PHONY: help run check test ground policy mutation soak year real bench words

help: ## show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

.venv/run: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/dev: .venv/run
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

.venv/words: .venv/run $(shell find src -name '*.po')
	@$(BIN)/python tools/words.py --compile
	@touch $@

run: .venv/run .venv/words ## start the demo: five brands on http://localhost:8000 (PORT=, DATA=)
	@exec $(BIN)/hostkeep demo --port $(PORT) --data $(DATA)

check: .venv/dev .venv/words ## ruff, mypy --strict, import contracts, house rules, migrations
	$(BIN)/ruff check src tests bench tools
	$(BIN)/ruff check --isolated --select F821 tests bench
	$(BIN)/mypy src/hostkeep
	cd src && ../$(BIN)/lint-imports --config ../pyproject.toml
	$(BIN)/python -m pytest tests/house -n 0
	HOSTKEEP_DATA=$$(mktemp -d) DJANGO_SETTINGS_MODULE=hostkeep.project.settings $(BIN)/python -W ignore -m django makemigrations --check --dry-run

ground: .venv/dev ## the ground floor alone: no database, seconds
	$(BIN)/python -m pytest tests/ground

# Without Django and without the house's own fixtures: the policy is pure, and so are its tests.
policy: .venv/dev ## the policy's own tests: every branch of it, or they fail
	$(BIN)/python -m pytest tests/ground/policy -n 2 --dist loadgroup -p no:django \
		--confcutdir=tests/ground/policy \
		-W 'ignore:Unknown config option' --cov=hostkeep.policy --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered

test: .venv/dev .venv/words policy ## everything that needs nothing beyond Python
	$(BIN)/python -m pytest -n 2 --ignore=tests/ground/policy

mutation: .venv/dev ## change the policy in thousands of places: its tests must see 90 % of it (hours)
	$(BIN)/mutmut run
	$(BIN)/python tools/mutation.py

soak: mutation ## what takes hours
	HOSTKEEP_SAMPLES=400 $(BIN)/python -m pytest tests/ground/policy/test_changes.py -n 2 -p no:django \
		--confcutdir=tests/ground/policy -W 'ignore:Unknown config option'
	RENEWAL_KILLS=200 $(BIN)/python -m pytest -o addopts='-q --strict-markers' -p no:randomly tests/real/test_renewals_killed.py -n 0
	PLAY_EXAMPLES=300 PLAY_STEPS=120 $(BIN)/python -m pytest tests/flows/test_years_played.py -n 2 -k random
	$(MAKE) year

# With YEAR_KEEP=FOLDER a year that was cut off goes on from its last month.
year: .venv/dev .venv/words ## a year of a brand with 10,000 services (hours; YEAR_KEEP=FOLDER)
	YEAR_SERVICES=$${YEAR_SERVICES:-10000} $(BIN)/python -m pytest -o addopts='-q --strict-markers' -p no:randomly tests/soak/test_a_year.py -n 0 -s

real: .venv/dev .venv/words ## against real daemons: LXD, WireGuard, SMTP, Chromium
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(APT) >/dev/null
	$(BIN)/python -m pytest -o addopts='-q --strict-markers' -p no:randomly tests/real tests/browser

bench: .venv/dev .venv/words ## one line a measured figure
	@command -v wrk >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk >/dev/null)
	$(BIN)/python -m bench

words: .venv/dev ## gather what people read into the catalogues
	$(BIN)/python tools/words.py

refusals: .venv/dev ## write the list of refusals in docs/api
	$(BIN)/python tools/errors.py
