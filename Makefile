# Everything below sets itself up on a machine with Python 3.11 and make, without root.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_TRAIN := $(VENV)/.ready-train

.DEFAULT_GOAL := help
.PHONY: help setup setup-train demo test lint format bench clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY)  ## Make the virtual environment (no PyTorch)

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup-train: $(READY_TRAIN)  ## Add PyTorch (CPU) for training and its tests

# PyTorch first and alone: an open version range would pull the CUDA build and its gigabytes.
$(READY_TRAIN): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,train]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'piq==0.8.0' 'torchvision==0.28.0'
	@touch $@

demo: $(READY)  ## Assess the sample photos (terminal, JSON lines, HTML) and enhance them
	@mkdir -p build/demo
	$(BIN)/packshot assess examples/photos --quiet
	$(BIN)/packshot assess examples/photos --quiet --format jsonl -o build/demo/scores.jsonl
	$(BIN)/packshot assess examples/photos --quiet --format html -o build/demo/report.html
	$(BIN)/packshot enhance examples/photos -o build/demo/better --quiet --report build/demo/before-after.html
	@echo "JSON lines: build/demo/scores.jsonl    report: build/demo/report.html    before and after: build/demo/before-after.html"

test: lint  ## Lint, types, architecture, then all fast tests
	$(BIN)/python -m pytest -m "not slow" -rs

lint: $(READY)  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The other scripts need more than the data: other tools, or pre-trained weights; each says what and where from.
BENCHMARKS := people_scores damaged_products measure_false_alarms policy_rules speed audit_speed classical_steps \
  enhancement_loop enhancement_speed index_accuracy index_ingestion index_speed duplicates best_photo label_outliers

bench: $(READY_TRAIN)  ## Slow tests and the figures that need the data folder alone (hours)
	$(BIN)/python -m pytest -m slow
	for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py || exit 1; done
	$(BIN)/python benchmarks/duplicates.py --vectors 100000

clean:  ## Remove what these targets made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
