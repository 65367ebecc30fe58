# Each target sets up what it needs, on a fresh clone with nothing but Python 3.11+ and make:
#
#   make demo        a shipped base, adapted to a new sport, and a tracked video: see scripts/demo.sh
#   make test        the test suite            make test-slow   its long end-to-end part
#   make check       format, lint, types, import order, changelog, documentation, packages
#   make docs        the documentation site in docs/_build/html
#   make bench       the quick benchmarks; figures go to build/benchmarks (make bench-all: all of them)
#
# PYTHON=… chooses the interpreter that the virtual environment is made from, VENV=… its folder.

PYTHON ?= python3.11
VENV ?= .venv

bin := $(VENV)/bin
ready := $(VENV)/.ready
packages := $(wildcard packages/*)
sources := $(wildcard packages/*/src) $(wildcard examples/*/src)
install := $(bin)/python -m pip install --quiet --constraint constraints.txt

# Commands below find the tools of the virtual environment first, whatever shell calls make.
export PATH := $(abspath $(bin)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check format docs pictures bench bench-all clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

setup: $(ready)

# torch comes first and alone, so that no later resolution can pull another build of it.
$(ready): constraints.txt pyproject.toml $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "TrackNet needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "Setting up $(VENV); the first time downloads what constraints.txt names." >&2
	$(PYTHON) -m venv $(VENV)
	$(install) pip
	$(install) torch
	$(install) --build-constraint constraints.txt --group dev $(addprefix --editable ,$(packages))
	touch $@

demo: setup
	scripts/demo.sh

# One thread for each test process: the suite's models are too small to gain from more.
test: setup
	OMP_NUM_THREADS=1 pytest -m "not slow" --numprocesses auto --dist loadfile

test-slow: setup
	pytest -m slow

check: setup
	ruff format --check .
	ruff check .
	mypy $(sources)
	lint-imports --no-logo
	towncrier build --draft --version unreleased
	$(MAKE) docs
	rm -rf build/dist
	for package in $(packages); do \
	  python -m build --quiet --no-isolation --outdir build/dist $$package || exit 1; \
	done
	@ls build/dist

format: setup
	ruff format .
	ruff check --fix .

docs: setup
	sphinx-build --fail-on-warning --keep-going --fresh-env --quiet -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

pictures: setup
	python docs/pictures.py

# The quick ones: a budget each, and those that need minutes.
bench: setup
	mkdir -p build/benchmarks
	python benchmarks/startup.py --output build/benchmarks/startup.json
	python benchmarks/predict.py --output build/benchmarks/predict.json
	python benchmarks/modes.py --models s --output build/benchmarks/modes.json
	python benchmarks/memory_estimate.py --quick --output build/benchmarks/memory_estimate.json
	python benchmarks/training_speed.py --rounds 1 --output build/benchmarks/training_speed.json

# The rest: what models learn, and large ones. Hours.
bench-all: bench
	test -d data/demo || tracknet synth data/demo --sport badminton --games 64 --clips 1 --frames 12 --no-video
	test -d data/tennis || tracknet synth data/tennis --sport tennis --games 56 --clips 1 --frames 16 --no-video
	python benchmarks/modes.py --models l s --output build/benchmarks/modes.json
	python benchmarks/memory_estimate.py --output build/benchmarks/memory_estimate.json
	python benchmarks/training_speed.py --output build/benchmarks/training_speed.json
	python benchmarks/adaptation.py --data data/demo --output build/benchmarks/adaptation.json
	python benchmarks/detail_path.py --data data/tennis --output build/benchmarks/detail_path.json
	python benchmarks/tracker.py --output build/benchmarks/tracker.json
	python benchmarks/pipeline.py --output build/benchmarks/pipeline.json
	python benchmarks/match_length.py --output build/benchmarks/match_length.json
	python benchmarks/accuracy.py --output build/benchmarks/accuracy.json

clean:
	rm -rf build docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
