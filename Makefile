# mssmap: `make run` starts the app, `make test` proves it. Needs git, make and Python 3.11+ with venv.
PYTHON ?= python3
PORT ?= 8501
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help run setup test-tools test check lint audit bench soak mutants data requirements clean

help:            ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: setup       ## start the app; PORT= and HOST= choose where
	@$(BIN)/mssmap serve --host $(HOST) --port $(PORT)

setup: $(VENV)/.installed   ## install what is missing into .venv

$(VENV)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mssmap needs Python 3.11 or newer, found $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv (once; some minutes on a slow line) ..."
ifdef UV
	@$(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
	@$(UV) pip install -q --python $(BIN)/python -r requirements.txt
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
else
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
endif
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
ifdef UV
	@$(UV) pip install -q --python $(BIN)/python -r requirements-dev.txt
else
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
endif
	@touch $@

test-tools: $(VENV)/.installed-dev   ## install what the tests need

test: $(VENV)/.installed-dev   ## lint, types and all tests, in a real browser
	@$(BIN)/python scripts/get_test_tools.py
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m pytest -n 3 --reruns 1 --only-rerun TimeoutError --durations 30 $(ARGS)

check: $(VENV)/.installed-dev  ## style, types and the quick tests, those of the JavaScript too: no browser, database server or Java
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --check $(ARGS)

lint: $(VENV)/.installed-dev   ## style and types only, of Python and JavaScript
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@cd mssmap/client && export DENO_NO_UPDATE_CHECK=1 PATH="$(CURDIR)/$(BIN):$$PATH" && \
	  deno fmt -q --check && deno lint -q && deno check -q map page shared

audit: $(VENV)/.installed-dev  ## known weaknesses of what is installed; the list comes from the network
	@$(BIN)/python scripts/audit.py

bench: $(VENV)/.installed-dev  ## measure against other ways, and write docs/benchmarks.md, some half an hour
	@$(BIN)/python scripts/get_test_tools.py
	@$(BIN)/python -m benchmarks.situation
	@$(BIN)/python -m benchmarks.opening
	@$(BIN)/python -m benchmarks.compare
	@$(BIN)/python -m benchmarks.cost --write

soak: $(VENV)/.installed-dev   ## measure every promise of docs/reliability.md in full, more than an hour
	@$(BIN)/python scripts/get_test_tools.py
	@$(BIN)/python -m benchmarks.soak

mutants: $(VENV)/.installed-dev   ## change the code in N= places drawn by SEED= and list what no test notices; records first which test runs what
	@$(BIN)/python scripts/get_test_tools.py
	@test -e .mutants/covered || $(BIN)/python scripts/mutants.py .mutants --record
	@$(BIN)/python scripts/mutants.py .mutants --number $(or $(N),100) --seed $(or $(SEED),1) $(ARGS)

data: $(VENV)/.installed       ## refresh hashes and counts of data/ after an edit, then check it
	@$(BIN)/python scripts/build_package.py && $(BIN)/mssmap check

requirements:                  ## pin what pyproject.toml asks for
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.txt
	@uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	@rm -rf $(VENV) static .pytest_cache .ruff_cache .mypy_cache .hypothesis .deno test-artifacts
