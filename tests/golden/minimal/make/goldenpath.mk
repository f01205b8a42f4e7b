# The commands that every repository of this template has; CI runs the same. Owned by the template: do not edit; your own
# steps go into the Makefile. With several models in params.yaml, MODEL=name and DATASET=name choose;
# steps of the pipeline run for all of them without it.

# The machine's uv if it answers and knows groups: a shim of pyenv may not run, and one before 0.5 is too old.
UV ?= $(if $(shell uv --offline sync --group dev --help 2>/dev/null),uv,.uv/bin/uv)
UV_VERSION := 0.13.8
RUN = env UV_PYTHON=.venv $(UV) run --no-sync
STEP = $(RUN) python -m goldenpath_runtime
OF_MODEL = $(if $(MODEL)$(DATASET),--model $(MODEL)$(if $(DATASET),@$(DATASET)))
FIND_PYTHON = $(UV) python find --no-project "$$(cat .python-version)" >/dev/null 2>&1
DOCKER ?= docker
IMAGE_REGISTRY ?=
IMAGE ?= $(if $(IMAGE_REGISTRY),$(IMAGE_REGISTRY)/)a:$(or $(shell { git rev-parse --short HEAD; } 2>/dev/null),dev)

# A webhook or a form may set these, and they become part of commands: words alone, nothing that a shell reads.
CHOSEN := MODEL DATASET VERSION STRATEGY CLIENTS ENV FLOW FORM REASON SINCE
UNSAFE := $$ ; & | < > ( ) ` " ' \ * ? ! { } [ ] ~ \#
$(foreach name,$(CHOSEN),$(foreach part,$(UNSAFE),$(if $(findstring $(part),$(value $(name))),$(error $(name) has a $(part) in it))))
$(foreach name,$(CHOSEN),$(if $(word 2,$(value $(name))),$(error $(name) is more than one word)))

export DO_NOT_TRACK := 1
export DVC_NO_ANALYTICS := 1

.PHONY: help setup lock lint type test check scan package image publish summary clean
.PHONY: smoke sample schema matrix data train evaluate report gate pipeline serve score embed
.PHONY: setup-local check-local smoke-local

# The groups of `make help`, in its order: a line `##@ Train` puts what follows in its file into Train.
FLOWS := Start Check Train Use Deliver Watch Publish CI Housekeeping Yours

##@ Start

setup: $(if $(findstring .uv/,$(UV)),.uv/bin/uv) ## install everything into .venv, with the versions of uv.lock or of pyproject.toml
	@$(FIND_PYTHON) || $(UV) python install --quiet || echo "no Python $$(cat .python-version) to be had here, so python3 is taken"
	@$(UV) sync --all-extras $(if $(wildcard uv.lock),--locked) $$($(FIND_PYTHON) || echo --python python3)
	@git rev-parse --git-dir >/dev/null 2>&1 || git init --quiet --initial-branch=main || echo "no git: the pipeline runs without DVC"
	@git ls-files --error-unmatch uv.lock >/dev/null 2>&1 || echo "commit uv.lock: it fixes the versions for everyone"
	@! grep -q 'registry = "' uv.lock || grep -q 'pypi.org/simple' uv.lock || echo "note: uv.lock names the address of your own package index"
	@$(MAKE) --no-print-directory setup-local

check: lint type test ## run all checks that need no data but the sample
	@$(MAKE) --no-print-directory check-local

pipeline: | .venv ## run data to gate
	$(STEP) pipeline $(OF_MODEL)

.venv:
	@echo "run make setup first" >&2; exit 1

.uv/bin/uv: # a machine without uv gets it from the package index
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv==$(UV_VERSION)

##@ Check

lint: | .venv ## check formatting and common mistakes; .venv/bin/ruff format and .venv/bin/ruff check --fix correct most
	$(RUN) ruff format --check
	$(RUN) ruff check

type: | .venv ## check types, strictly
	$(RUN) mypy

test: | .venv ## run the tests, with coverage
	$(RUN) pytest

smoke: | .venv ## run the whole pipeline on the small sample of the real data, in seconds
	$(STEP) smoke $(OF_MODEL)
	@$(MAKE) --no-print-directory smoke-local

scan: | .venv ## find secrets, vulnerabilities of dependencies and unsafe CI files; needs the network
	$(UV) export --quiet --no-emit-project --all-extras --format requirements-txt --output-file build/requirements.txt
	$(UV) tool run pip-audit@2.10.0 --disable-pip --requirement build/requirements.txt
	git ls-files -z | xargs -0 $(UV) tool run --from detect-secrets==1.5.0 detect-secrets-hook --exclude-secrets '^UV_INDEX_ORGANIZATION_' --exclude-files 'uv.lock|.*\.ipynb'
	$(if $(wildcard .github/workflows),$(UV) tool run zizmor@1.32.0 --offline .github)

##@ Train

schema: | .venv ## draft a schema.yaml for FILE= (the one in params.yaml) into OUT= (the screen)
	@$(STEP) schema $(OF_MODEL) $(if $(FILE),"$(FILE)") $(if $(OUT),--out "$(OUT)")

sample: | .venv ## draw the small sample from the data; commit it
	$(STEP) sample $(OF_MODEL)

data: | .venv ## read, validate and split the rows
	$(STEP) data $(OF_MODEL)

train: | .venv ## fit the candidates, export the best
	$(STEP) train $(OF_MODEL)

evaluate: | .venv ## measure the model on the test rows
	$(STEP) evaluate $(OF_MODEL)

report: | .venv ## write the model card, reports/<model>/report.md
	$(STEP) report $(OF_MODEL)

gate: | .venv ## decide whether the model may be used
	$(STEP) gate $(OF_MODEL)

##@ Use

serve: | .venv ## answer over HTTP on PORT= (8000)
	$(STEP) serve $(OF_MODEL) --port $(or $(PORT),8000)

score: | .venv ## score the rows of FILE= into OUT=
	$(if $(and $(FILE),$(OUT)),,$(error type make score FILE=rows.csv OUT=scores.csv))
	$(STEP) score $(OF_MODEL) $(if $(AS_IS),--as-is) "$(FILE)" "$(OUT)"

embed: | .venv ## write the folder OUT= that scores without this project
	$(if $(OUT),,$(error type make embed OUT=build/embedded))
	$(STEP) embed $(OF_MODEL) "$(OUT)"

##@ Publish

package: | .venv ## build the wheel, in dist/
	$(RUN) python -m hatchling build --target wheel

image: ## build the container image; this repository has none
	@echo "no image: answer docker to the question container of the template to get a Dockerfile"

publish: ## push the wheel of a tagged commit to PUBLISH_URL, and the image to its registry; see build/image.digest
	@$(if $(PUBLISH_URL)$(IMAGE_REGISTRY),,echo "nothing is published: set PUBLISH_URL, or image_registry of the template")
ifneq ($(PUBLISH_URL),)
	git describe --tags --exact-match >/dev/null 2>&1 || { echo "no tag, so no wheel is published"; exit 0; }; \
	$(MAKE) --no-print-directory setup package && $(UV) publish --publish-url "$(PUBLISH_URL)" dist/*.whl
endif

##@ CI

# Without a second #, `make help` leaves out what only jobs call.
matrix: | .venv # print the models for a CI system to fan out; FORM=list: one a line; FORM=github, gitlab or azure: JSON; DRIFTED=yes
	@$(STEP) matrix $(OF_MODEL) $(if $(FORM),--form $(FORM)) $(if $(DRIFTED),--drifted)

summary: # print the short report of the last training, as Markdown, for a pull request
	@cat reports/*/summary.md 2>/dev/null || cat build/smoke/reports/*/summary.md 2>/dev/null || echo "nothing is trained yet"

##@ Housekeeping

help: ## list the targets, by flow
	@awk -F ':.*## ' 'FNR == 1 {flow = "Yours"} /^##@ / {flow = $$0; sub(/^##@ /, "", flow)} \
		/^[a-zA-Z0-9_-]+:.*## / {targets[flow] = targets[flow] sprintf("  %-15s %s\n", $$1, $$2)} \
		END {count = split("$(FLOWS)", flows, " "); \
			for (i = 1; i <= count; i++) if (flows[i] in targets) print flows[i] "\n" targets[flows[i]]}' $(MAKEFILE_LIST)

lock: $(if $(findstring .uv/,$(UV)),.uv/bin/uv) ## renew uv.lock after a change of dependencies or an update
	$(UV) lock

clean: ## remove what can be made again; data, models and reports stay
	rm -rf dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis build/smoke
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

setup-local check-local smoke-local::
	@:
