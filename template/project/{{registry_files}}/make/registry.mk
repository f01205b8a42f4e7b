# Versions, delivery, monitoring and retraining. Owned by the template: do not edit; your own steps go into the Makefile.
# ENV= is an environment (environments/), VERSION= a registered version or how it begins (the newest without it).

IN_ENV = $(OF_MODEL) $(if $(ENV),--env $(ENV)) $(if $(VERSION),--version $(VERSION))
SAYING = $(if $(value NOTE),--note "$$NOTE")
ASKING = $(if $(value PROPOSE),--propose "$$PROPOSE")
export BY NOTE FORCE PROPOSE

.PHONY: register approve feedback promote rollback reconcile history
.PHONY: labels monitor watch retrain health experiment compare train-image

##@ Train

register: | .venv ## add the trained model to the store; FORCE=why where the gate has blocked it
	$(STEP) register $(OF_MODEL) $(if $(value FORCE),--force "$$FORCE")

experiment: | .venv ## train with other settings and keep the figures; NAME=name SET='options.depth=3'
	$(STEP) experiment $(OF_MODEL) $(NAME) $(foreach pair,$(SET),--set $(pair))

compare: | .venv ## list experiments and versions side by side
	@$(STEP) compare $(OF_MODEL)

train-image: ## build the image that retrains where containers run, with the commit it stands in
	$(if $(wildcard Dockerfile),,$(error no image: answer docker to the question container of the template))
	$(DOCKER) build --build-arg BASE_IMAGE=$(BASE_IMAGE) --build-arg COMMIT=$(shell git rev-parse HEAD 2>/dev/null) \
		--build-arg CHANGES=$(if $(shell git status --porcelain --untracked-files=no 2>/dev/null),yes) --target train --tag $(IMAGE)-train .

##@ Deliver

approve: | .venv ## approve VERSION= for production; BY=name NOTE=why
	$(STEP) approve $(IN_ENV) $(SAYING)

feedback: | .venv ## record what a person says who has tried VERSION=; BY=name NOTE=text
	$(STEP) feedback $(IN_ENV) $(SAYING)

promote: | .venv ## make VERSION= the champion of ENV= (production), with all requests; FORCE=why after an abort or a rollback; in CI, PROPOSE= asks for it
	$(STEP) promote $(IN_ENV) $(ASKING) $(if $(value FORCE),--force "$$FORCE")

rollback: | .venv ## roll back to the previous champion; NOTE=why
	$(STEP) rollback $(IN_ENV) $(SAYING) $(ASKING)

reconcile: | .venv ## bring ENV= to its desired state, environments/ENV.yaml
	$(STEP) reconcile $(IN_ENV)

history: | .venv ## print the ledger of a model
	@$(STEP) history $(OF_MODEL)

##@ Watch

labels: | .venv ## add ground-truth labels: FILE= with the columns id and the target's name
	$(STEP) labels $(OF_MODEL) $(FILE)

monitor: | .venv ## compare requests (from SINCE= on) with the training data; the verdict is in reports/<model>/monitor.verdict
	$(STEP) monitor $(OF_MODEL) $(if $(VERSION),--version $(VERSION)) $(if $(SINCE),--since $(SINCE))

watch: | .venv ## monitor, and retrain on drift
	$(STEP) watch $(OF_MODEL) $(if $(SINCE),--since $(SINCE))

retrain: | .venv ## retrain and register; REASON=schedule, drift, webhook, manual, ci or data
	$(STEP) retrain $(OF_MODEL) $(or $(REASON),manual)

health: | .venv ## print the figures of the pipeline itself: lead time, failed changes, time to restore; JSON=1 for programs
	@$(STEP) health $(OF_MODEL) $(if $(JSON),--json)
