# Everything below sets itself up on a machine with Python 3.11 and make, without root.
PYTHON ?= python3.11
VENV ?= .venv
# The versions that everything was tested with; constraints/lowest.txt has the oldest that will do.
CONSTRAINTS ?= constraints/today.txt
DIST ?= dist
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
READY_TRAIN := $(VENV)/.ready-train
READY_DOCS := $(VENV)/.ready-docs

# The pinned versions hold for the package's own build too, and whatever this machine's settings of pip say.
PIP := PIP_USER=0 PIP_CONSTRAINT=$(CONSTRAINTS) PIP_BUILD_CONSTRAINT=$(CONSTRAINTS) \
  $(BIN)/python -m pip --quiet --disable-pip-version-check
# All cores, with one thread each; more processes than eight only take memory.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -rs
IN_PARALLEL := -n logical --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup setup-train demo docs test test-train test-wheel lint lint-train format wheel bench clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{sub(/:.*/, "", $$1); printf "  make %-12s %s\n", $$1, $$2}'

demo: $(INSTALLED)  ## Assess the sample photos (terminal, JSON lines, HTML) and enhance them
	@mkdir -p build/demo
	$(BIN)/packshot assess examples/photos --quiet
	$(BIN)/packshot assess examples/photos --quiet --format jsonl -o build/demo/scores.jsonl
	$(BIN)/packshot assess examples/photos --quiet --format html -o build/demo/report.html
	$(BIN)/packshot enhance examples/photos -o build/demo/better --quiet --report build/demo/before-after.html
	@echo "JSON lines: build/demo/scores.jsonl    report: build/demo/report.html    before and after: build/demo/before-after.html"

docs: $(READY_DOCS)  ## The documentation as a site: build/docs/index.html; every warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "documentation: build/docs/index.html"

test: lint  ## Lint, types, architecture, then all fast tests that need no PyTorch, and the examples of docstrings
	$(PYTEST) $(IN_PARALLEL) -m "not slow and not train" --doctest-modules --ignore=src/packshot/train tests src

test-train: lint-train  ## Types and tests of training, and the tests that need other packages too
	$(PYTEST) $(IN_PARALLEL) -m "(train or dev_all) and not slow"
	$(PYTEST) $(IN_PARALLEL) --doctest-modules src/packshot/train

test-wheel: $(READY)  ## The wheel in an empty environment, and every command of the README and of the documentation
	$(PYTEST) $(IN_PARALLEL) tests/test_wheel.py tests/test_readme.py tests/test_docs.py -m slow

lint: $(READY)  ## ruff, mypy (all but train/), import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-train: $(READY_TRAIN)  ## mypy of train/, which needs PyTorch
	$(BIN)/mypy $$(find src/packshot/train -name '*.py')

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: | $(BIN)/python  ## Build the wheel into dist/
	$(PIP) wheel --no-deps --wheel-dir $(DIST) .

setup: $(READY)  ## Make the virtual environment for `make test` (no PyTorch)

setup-train: $(READY_TRAIN)  ## Add PyTorch (CPU), and all that single tests and benchmarks need

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(READY): $(INSTALLED)
	$(PIP) install --editable '.[dev]'
	@touch $@

$(READY_DOCS): $(INSTALLED)
	$(PIP) install --editable '.[docs]'
	@touch $@

# PyTorch first and alone: together with others pip may take the CUDA build and its gigabytes.
$(READY_TRAIN): $(READY)
	$(PIP) install 'torch==2.13.0'
	$(PIP) install --editable '.[dev-all,train]'
	$(PIP) install --no-deps 'piq==0.8.0' 'torchvision==0.28.0'
	@touch $@

# The other scripts need more than the data: other tools, or pre-trained weights; each says what and where from.
BENCHMARKS := assessment.people_scores assessment.damaged_products assessment.damaged_originals \
  assessment.product_ratings assessment.faults assessment.confidence assessment.user_ratings assessment.same_score measurements.false_alarms policy.rules \
  performance.assess_speed performance.audit_speed enhancement.classical_steps enhancement.loop enhancement.speed \
  search.index_accuracy search.index_ingestion search.index_speed search.duplicates catalog.best_photo catalog.label_outliers

bench: $(READY_TRAIN)  ## Slow tests and the figures that need the data folder alone (hours)
	$(BIN)/python -m pytest -m slow
	for name in $(BENCHMARKS); do $(BIN)/python -m benchmarks.$$name || exit 1; done
	$(BIN)/python -m benchmarks.search.duplicates --vectors 100000

clean:  ## Remove what these targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
