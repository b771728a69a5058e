# Everything here needs Python 3.11 to 3.13 with pip and venv, and make. Paths are relative, so the folder may lie
# anywhere, also where its path holds spaces.
PYTHON ?= python3
OUT ?= out
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
# Nothing outside of the locks is ever installed: requirements by hash, then the project with no dependencies and
# no build environment of its own (the locks hold the build backend).
INSTALL_PROJECT := $(PIP) install --no-deps --no-build-isolation --editable .

PROGRAMMES := programmes/shanghai-2018.yaml programmes/zhengzhou-2021.yaml
# The simulated city has one card for so many of the real one.
SCALE ?= 1:100
FORMATS := text,docx,pdf,html,xlsx,json
# The one place that knows the command line of an evaluation: $(call evaluate,PROGRAMME.yaml,FOLDER).
evaluate = $(BIN)/civicard evaluate "$(1)" --out "$(2)" --format $(FORMATS)

# On two cores two workers win once the suite takes more than a few seconds; worksteal keeps both busy to the end.
PYTEST_ARGS ?= --numprocesses auto --dist worksteal
CHECKED := src tests benchmarks docs

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two goals share one virtual environment.
.NOTPARALLEL:
.PHONY: help run test test-postgresql gate format format-check lint layers types bench docs pictures lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp ## Evaluate two published programmes, and a simulated city from its facts, into out/
	@set -e; $(foreach programme,$(PROGRAMMES),$(call evaluate,$(programme),$(OUT)/$(basename $(notdir $(programme))));) true
	@$(BIN)/civicard demo --no-serve --scale "$(SCALE)" --out "$(OUT)/demo"

test: $(VENV)/dev.stamp ## Run all tests
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

# The same tests that `make test` runs on SQLite, those that use a database, on the PostgreSQL named here.
POSTGRESQL ?= postgresql://postgres@127.0.0.1:5432/postgres
test-postgresql: $(VENV)/dev.stamp ## Run the tests that use a database on PostgreSQL: POSTGRESQL=postgresql://…
	@CIVICARD_DATABASE_URL="$(POSTGRESQL)" $(BIN)/python -m pytest $(PYTEST_ARGS) -m database

# The quickest first, and the tests last.
gate: ## Check format, lint, layers and types, then run all tests
	@$(MAKE) --no-print-directory format-check
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory test

format: $(VENV)/dev.stamp ## Rewrite the code in the house format
	@$(BIN)/ruff check --quiet --select I --fix $(CHECKED)
	@$(BIN)/ruff format $(CHECKED)

format-check: $(VENV)/dev.stamp ## Check the format and change nothing
	@$(BIN)/ruff format --check $(CHECKED)

lint: $(VENV)/dev.stamp ## Check the code with ruff
	@$(BIN)/ruff check $(CHECKED)

layers: $(VENV)/dev.stamp ## Check that no layer imports from above
	@$(BIN)/lint-imports

types: $(VENV)/dev.stamp ## Check the types with mypy
	@$(BIN)/mypy $(CHECKED)

bench: $(VENV)/bench.stamp ## Run the benchmarks, each against its limit and a peer
	@$(BIN)/python -m benchmarks.scoring
	@$(BIN)/python -m benchmarks.commands
	@$(BIN)/python -m benchmarks.simulation
	@$(BIN)/python -m benchmarks.measures
	@$(BIN)/python -m benchmarks.checking
	@$(BIN)/python -m benchmarks.recording
	@$(BIN)/python -m benchmarks.sealing

docs: $(VENV)/dev.stamp ## Make the generated reference anew
	@$(BIN)/python -m civicard.cli.reference

pictures: $(VENV)/dev.stamp ## Make the pictures of the documents anew
	@$(BIN)/python docs/pictures.py

# The locks hold hashes and no address, so that they serve a mirror as well as the usual index.
lock: | $(VENV)/bin/python ## Resolve the dependencies anew into requirements/
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
	@set -e; compile() { \
		name="$$1"; shift; \
		.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			--no-annotate --no-emit-index-url --no-emit-find-links --upgrade "$$@" pyproject.toml \
			--output-file ".venv-lock/$$name.txt" >/dev/null; \
		{ echo "# Made by \`make lock\` from pyproject.toml; change that, not this."; \
			cat ".venv-lock/$$name.txt"; } >"requirements/$$name.txt"; \
	}; \
	rm -f .venv-lock/*.txt; mkdir -p requirements; \
	compile run --group build; \
	compile dev --group dev --constraints .venv-lock/run.txt; \
	compile bench --group bench --constraints .venv-lock/dev.txt

clean: ## Remove everything that was made
	rm -rf $(VENV) .venv-lock $(OUT) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Civicard needs Python 3.11 to 3.13, but %s is Python %d.%d. Name another: make PYTHON=/path/to/python3.11" % (sys.executable, *sys.version_info[:2]))'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo 'Python has no venv or pip: install them (Debian: python3-venv).' >&2; exit 1; }
	@echo 'Setting up $(VENV)' >&2
	@$(PYTHON) -m venv $(VENV)

# A stamp is newer than what it was made from, so installing is redone only when a lock or pyproject.toml changes.
$(VENV)/bench.stamp $(VENV)/dev.stamp $(VENV)/run.stamp: $(VENV)/%.stamp: requirements/%.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing requirements/$*.txt' >&2
	@$(PIP) install --require-hashes --requirement requirements/$*.txt
	@$(INSTALL_PROJECT)
	@touch $@ $(if $(filter-out run,$*),$(VENV)/run.stamp) $(if $(filter bench,$*),$(VENV)/dev.stamp)
