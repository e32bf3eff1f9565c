# Everything here works in .venv, which is built from the pinned, hashed requirements alone.
.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench faults
MAKEFLAGS += --no-print-directory
PY := .venv/bin/python
RUN_STAMP := .venv/.run-requirements
DEV_STAMP := .venv/.dev-requirements
PIP := $(PY) -m pip --disable-pip-version-check --quiet --no-input

help: ## says what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) ## builds .venv
	@:

run: $(RUN_STAMP) ## starts the gateway with everything it needs, and the demo; Ctrl-C stops it
	@exec $(PY) -m gateway demo

test: $(DEV_STAMP) ## runs all tests
	@exec $(PY) -m pytest

lint: $(DEV_STAMP) ## checks format, rules, types and imports
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m pyright
	@.venv/bin/lint-imports

bench: $(DEV_STAMP) ## runs the benchmarks (only=NAME: one of them, profile=1: where the time goes)
	@exec $(PY) -m bench $(if $(profile),--profile) $(only)

faults: $(DEV_STAMP) ## strikes the running product and checks what is left (only=NAME, rounds=N)
	@exec $(PY) -m faults $(if $(only),--only $(only)) $(if $(rounds),--rounds $(rounds))

$(RUN_STAMP): requirements/run.txt pyproject.toml
	@PYTHON='$(PYTHON)' sh requirements/venv.sh
	@echo "Installing what the gateway needs into .venv"
	@$(PIP) install --require-hashes --no-deps -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	@echo "Installing what tests and checks need into .venv"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@
