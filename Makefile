# The only command menu. `make` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PYTHONPATH := $(CURDIR)/src
export PYTHONDONTWRITEBYTECODE := 1

lock_id = $(shell cksum < $(1) | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.installed-run-$(call lock_id,requirements.lock)
TEST_STAMP := $(VENV)/.installed-test-$(call lock_id,requirements-test.lock)
NODE_STAMP := node_modules/.installed-$(call lock_id,package-lock.json)
PAGES := $(shell find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -type f -print 2>/dev/null)
DIST := frontend/dist/index.html

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: run
run: $(RUN_STAMP) $(DIST) ## Set up and start everything in paper mode; stop with Ctrl-C
	@exec $(PY) -m asgard_basis up

.PHONY: demo
demo: $(RUN_STAMP) $(DIST) ## Tell the whole path, step by step, in under two minutes
	@exec $(PY) -m asgard_basis demo

.PHONY: test
test: check $(DIST) ## Set up and run every test
	$(PY) -m pytest tests/architecture tests/unit tests/contracts tests/conformance tests/integration tests/simulation -n 2 --dist loadfile
	npm test -w frontend
	# They wait for the product more than they compute: three at a time on two cores.
	$(PY) -m pytest tests/browser tests/crashes tests/journeys -n 3 --dist loadfile

.PHONY: fast
fast: $(TEST_STAMP) ## Run the quick tests
	$(PY) -m pytest tests/architecture tests/unit/domain tests/unit/adapters -n 2 --dist loadfile

MINUTES ?= 10
.PHONY: soak
soak: $(TEST_STAMP) ## Live through seeded worlds for MINUTES, on all cores
	$(PY) -m asgard_basis simulate --minutes $(MINUTES) --from $$(date +%s)

.PHONY: check
check: $(TEST_STAMP) $(NODE_STAMP) ## Format, lint, types, imports, locks, client
	$(VENV)/bin/ruff format --check src tests benchmarks
	$(VENV)/bin/ruff check src tests benchmarks
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	@! grep -nE 'https?://|file:' requirements.lock requirements-test.lock
	@! grep -n '"resolved": "http' package-lock.json
	npm run lint -w frontend
	npm run typecheck -w frontend
	npm run generate -w frontend -- --check

.PHONY: fix
fix: $(TEST_STAMP) ## Format and mend what can be mended
	$(VENV)/bin/ruff format src tests benchmarks
	$(VENV)/bin/ruff check --fix src tests benchmarks

.PHONY: bench
bench: $(TEST_STAMP) $(DIST) ## Measure, write benchmarks/results.json, print a table
	$(PY) -m benchmarks

.PHONY: docs
docs: $(RUN_STAMP) $(NODE_STAMP) ## Write the reference pages and the front end's client
	$(PY) -m asgard_basis docs
	npm run generate -w frontend

.PHONY: lock
lock: ## Resolve the locks anew (needs uv)
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements-test.lock
	uv pip compile pyproject.toml -c requirements-test.lock --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.lock

$(PY):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install it, or name one with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: on Debian, apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(RUN_STAMP): requirements.lock | $(PY)
	@echo "Installing Python packages from the lock ..."
	@if ! ls $(VENV)/.installed-test-* >/dev/null 2>&1; then \
	  $(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock; fi
	@rm -f $(VENV)/.installed-run-*; touch $@

$(TEST_STAMP): requirements-test.lock | $(PY)
	@echo "Installing Python packages for tests from the lock ..."
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-test.lock
	@rm -f $(VENV)/.installed-test-*; touch $@

$(NODE_STAMP): package-lock.json
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed"; exit 1; }
	@node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' || { echo "Node.js 20 or newer is needed, this is $$(node -v)"; exit 1; }
	@echo "Installing Node packages from the lock ..."
	@npm ci --no-fund --no-audit --loglevel=error
	@rm -f node_modules/.installed-*; touch $@

$(DIST): $(NODE_STAMP) $(PAGES)
	@echo "Building the dashboard ..."
	@npm run build -w frontend --loglevel=error >frontend/build.log 2>&1 || { cat frontend/build.log; exit 1; }
	@rm -f frontend/build.log; touch $@
