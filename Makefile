# Everything is made in .venv; nothing else needs to be installed but Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Keep what is compiled even where the shell says otherwise: every worker and every process of a test would do it anew.
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
TEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
DEMO := $(BIN)/codechunk-doctor --config configs/config.dev.yaml --offline --clean-env \
	--env CODECHUNK_GEMINI_API_KEY=example-key

.DEFAULT_GOAL := help
.PHONY: help mutants demo fuzz test quick lint format bench docs site screenshots schema patterns scale faults clean

help:  ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(STAMP)  ## Diagnose healthy and broken installations, a real database among them
	@where=$$(mktemp -d) && trap 'rm -rf "$$where"' EXIT && cp -R fixtures/healthy-dev fixtures/demo-broken "$$where" && \
	echo '== a healthy installation ==' && $(DEMO) --dir "$$where/healthy-dev/root" && \
	echo && echo '== a broken one ==' && \
	{ $(DEMO) --dir "$$where/demo-broken/root" --env CODECHUNK_ZOEKT_CONCURRENT_INDEXING_ENABLED=true; test $$? -eq 1; }
	@$(BIN)/python -m doctor.embedded.demo
	@echo && $(BIN)/codechunk-doctor demo

# One more process than there are processors, as many of these tests wait for a server.
test: $(STAMP)  ## Run all tests, in random order on all cores, with branch coverage
	$(TEST) -n $$(expr $(PROCESSORS) + 1) --cov --cov-branch --cov-report=term:skip-covered

quick: $(STAMP)  ## Run the fast tests only (under 30 seconds)
	$(TEST) -n $(PROCESSORS) -p no:cov -m 'not slow'

lint: $(STAMP)  ## Format check, lint, types, import contracts, generated documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m doctor.docs --check

format: $(STAMP)  ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP)  ## Write the generated pages of docs/ and the README
	$(BIN)/python -m doctor.docs

site: $(STAMP)  ## Build the documentation as a site in site/, which needs no network to be read
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

screenshots: $(STAMP)  ## Write docs/screenshots/ with a real browser (Chromium and chromedriver)
	$(BIN)/python -m tests.screenshots

schema: $(STAMP)  ## Write doctor/data/schema.json from what the migrations make on a real PostgreSQL
	$(BIN)/python -m tests.schema_catalogue

patterns: $(STAMP)  ## Compile the patterns of the log catalogue for hyperscan
	$(BIN)/python -m doctor.logs.build

bench: $(STAMP)  ## Measure start-up, resolution and a big database (some minutes, 6 GB), on a wheel installed apart
	$(BIN)/python -m tests.benchmarks

mutants: $(STAMP)  ## Turn every condition of the checks round, and list what no test notices (an hour)
	$(BIN)/python -m tests.mutation --write

fuzz: $(STAMP)  ## Look for input that breaks a reader: SECONDS=60 for each, TARGETS='yaml nats' for some
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(TARGETS)

scale: $(STAMP)  ## Measure how time and memory grow, with 6 GB of logs
	$(BIN)/python -m tests.benchmarks scale --factor 8

faults: $(STAMP)  ## Let every two faults of different peers meet (about a quarter of an hour, Linux)
	$(BIN)/python -m tests.faults

clean:  ## Remove what was made
	rm -rf $(VENV) build dist site .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find doctor checks tests -name __pycache__ -prune -exec rm -rf {} +
