# The commands of this repository; `make` alone lists them.
.DEFAULT_GOAL := help

# The machine's uv if it answers and knows groups: a shim of pyenv may not run, and one before 0.5 is too old.
UV ?= $(if $(shell uv --offline sync --group dev --help 2>/dev/null),uv,.uv/bin/uv)
RUN = $(UV) run --no-sync
DEMO ?= ../goldenpath-demo
TOUR ?= ../goldenpath-tour

# Many short processes start here: where Python is told to keep no bytecode, each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo tour test prove lint preview bench bench-updates lock release tags clean

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(if $(findstring .uv/,$(UV)),.uv/bin/uv) ## install what this repository needs, into .venv
	$(UV) sync --quiet --compile-bytecode

.uv/bin/uv: # a machine without uv gets it from the package index; a plain `pip install` is forbidden on some systems
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv

demo: setup ## start a repository beside this one, train, gate and serve its model, ask it once; DEMO=folder
	@$(RUN) python -m tools.demo $(DEMO)

tour: setup ## the whole life of a model: trained, delivered, watched, taken back, trained anew; TOUR=folder
	@$(RUN) python -m tools.tour $(TOUR) $(STORE)

# No result may hang on the order of a set: each run has an order of its own, and says how to have it again.
ifndef PYTHONHASHSEED
PYTHONHASHSEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif

test: setup lint ## all that CI runs
	@echo "PYTHONHASHSEED=$(PYTHONHASHSEED)"
	PYTHONHASHSEED=$(PYTHONHASHSEED) $(RUN) pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

prove: setup ## the flows of one CI system, run for real, and every defect seeded into its files; CI=github
	$(if $(CI),,$(error type make prove CI=github, or another system))
	$(RUN) pytest -m "" tests/proof/test_$(CI)*.py

lint: ## formatting, common mistakes, types
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) mypy

preview: ## render every case into tests/golden, and show what changed for users
	$(RUN) python -m tests.preview
	$(RUN) python -m tests.proof.table
	@git --no-pager diff --stat -- tests/golden
	@git ls-files --others --exclude-standard -- tests/golden

bench: ## the service of a generated repository beside BentoML, MLflow and the bare floor; PROJECT=folder, after its make setup pipeline
	@$(RUN) python -m benchmarks.serving $(or $(PROJECT),$(DEMO))

bench-updates: ## updates beside copier update and cruft update, and a thousand in one process
	@$(RUN) python -m benchmarks.updates

lock: ## the template's pins anew, from the newest versions that go together
	$(RUN) python -m tools.lock

release: lock preview ## record and tag this commit as a version; VERSION=1.2.3
	@$(RUN) python -m tools.release $(VERSION)

tags: ## the tags of recorded releases that this clone lacks
	@$(RUN) python -m tools.release --tags

clean: ## remove what can be made again
	rm -rf .venv .uv .tox .mypy_cache .pytest_cache .ruff_cache .coverage dist
	find src tests tools hooks -name __pycache__ -type d -prune -exec rm -rf {} +
