# The model's pipeline and its use. Owned by the template: do not edit; your own steps go into the Makefile.
# MODEL=name chooses one of several models in params.yaml.

STEP = $(RUN) python -m goldenpath_runtime
OF_MODEL = $(if $(MODEL),--model $(MODEL))

.PHONY: smoke sample schema data train evaluate report gate pipeline serve score embed

smoke: | .venv ## the whole pipeline on the small sample of the real data, in seconds
	$(STEP) smoke $(OF_MODEL)
	@$(MAKE) --no-print-directory smoke-local

sample: | .venv ## draw that sample from the data; commit it
	$(STEP) sample $(OF_MODEL)

schema: | .venv ## print a first schema.yaml for FILE=
	@$(STEP) schema $(FILE)

data: | .venv ## read, validate and split the rows
	$(STEP) data $(OF_MODEL)

train: | .venv ## fit the candidates, export the best
	$(STEP) train $(OF_MODEL)

evaluate: | .venv ## measure it on the test rows
	$(STEP) evaluate $(OF_MODEL)

report: | .venv ## write the model card, reports/<model>/report.md
	$(STEP) report $(OF_MODEL)

gate: | .venv ## decide whether it may be used
	$(STEP) gate $(OF_MODEL)

pipeline: | .venv ## data to gate, only what has changed (DVC)
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(RUN) dvc repro; else $(STEP) pipeline $(OF_MODEL); fi

serve: | .venv ## answer over HTTP on PORT= (8000)
	$(STEP) serve $(OF_MODEL) --port $(or $(PORT),8000)

score: | .venv ## score the rows of FILE= into OUT=
	$(STEP) score $(OF_MODEL) $(FILE) $(OUT)

embed: | .venv ## write the folder OUT= that scores without this project
	$(STEP) embed $(OF_MODEL) $(OUT)
