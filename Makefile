# Everything a contributor does, in one place. `make help` lists it.
# Needs Python 3.11 or newer and make; all else is installed into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DOCS_VENV ?= .venv-docs
REQUIREMENTS ?= requirements/development.txt
# Tests at a time. Most of them wait for processes, so more than there are cores; TESTERS=0 runs them one by one.
TESTERS ?= 3
SUITE := -m "not chaos" -n $(TESTERS) --dist loadgroup

# A stamp says which requirements the environment holds, so that a second start does no pip work.
RUNNABLE := $(VENV)/shop.stamp
TESTABLE := $(VENV)/development.stamp

.PHONY: help run demo docs test check lint coverage chaos fuzz bench matrix requirements clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

run: $(RUNNABLE) ## The shop with web, worker, beat and vendor sandbox in one terminal; Ctrl-C stops all
	@exec $(BIN)/python shop/manage.py hardy up

demo: $(RUNNABLE) ## Customers, declined cards and a killed worker for a minute, then the books (while `make run` runs)
	@exec $(BIN)/python shop/manage.py demo $(ARGS)

test: $(TESTABLE) ## The suite; what PostgreSQL, MariaDB, Redis, RabbitMQ or Chromium would test is skipped without them
	@$(BIN)/python -m pytest $(SUITE) $(ARGS)

# Apart from `check`: measuring adds 0.7 s of work to the start of each process, of which the suite starts very many, and
# Python before 3.14 has no cheaper way to measure branches (coverage's sysmon core).
coverage: $(TESTABLE) ## The suite once more, half as long again, with the branches of src/hardy that it takes
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(SUITE) $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report $(if $(ARGS),--fail-under=0)

check: lint test ## Formatting, lint, types, import contracts, then the tests

lint: $(TESTABLE) ## Formatting, lint, types and import contracts alone
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

chaos: $(TESTABLE) ## Thousands of tasks, many kills, restarted servers: the table of reliability
	@$(BIN)/python -m pytest -m chaos -s $(ARGS)

fuzz: $(TESTABLE) ## 100,000 bad options, rows and messages on every stack; HARDY_FUZZ_SEED=1 tries others
	@rm -f .fuzz.md
	@HARDY_FUZZ=$(or $(HARDY_FUZZ),8400) HARDY_FUZZ_TABLE=.fuzz.md $(BIN)/python -m pytest tests/fuzz --timeout=0 -n 2 --dist loadgroup $(ARGS)
	@sort .fuzz.md

bench: $(TESTABLE) ## The tables of figures, beside stock Celery and other tools in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

# NO_MKDOCS_2_WARNING: what the theme's authors say about another program's next version is no warning of ours.
docs: $(DOCS_VENV)/docs.stamp ## The documentation as a site, in site/; ARGS=serve shows it at http://127.0.0.1:8000/ while one writes
	@NO_MKDOCS_2_WARNING=true $(DOCS_VENV)/bin/mkdocs $(or $(ARGS),build)

matrix: ## The suite on every Python 3.11 to 3.13 found here, with Django 5.2 and 6, and on Celery 5.4 to 5.6
	@scripts/matrix $(ARGS)

requirements: ## Write the pinned requirement files again (needs uv)
	@scripts/pin_requirements

clean: ## Remove what the commands above made, the shop's data included
	@rm -rf $(VENV) $(DOCS_VENV) site .matrix .bench shop/.data build dist htmlcov .coverage .coverage.* .fuzz.md .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ── set-up ───────────────────────────────────────────────────────────────────────────────────────────────────────────
$(RUNNABLE): requirements/shop.txt pyproject.toml scripts/prepare_environment
	@scripts/prepare_environment "$(PYTHON)" $(VENV) requirements/shop.txt
	@touch $@

$(TESTABLE): $(REQUIREMENTS) pyproject.toml scripts/prepare_environment
	@scripts/prepare_environment "$(PYTHON)" $(VENV) $(REQUIREMENTS)
	@touch $(RUNNABLE) $@

$(DOCS_VENV)/docs.stamp: requirements/docs.txt scripts/prepare_environment
	@scripts/prepare_environment "$(PYTHON)" $(DOCS_VENV) requirements/docs.txt
	@touch $@
