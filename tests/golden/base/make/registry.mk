# Versions, delivery, monitoring and retraining. Owned by the template: do not edit; your own steps go into the Makefile.
# ENV= is an environment (environments/), VERSION= a registered version or how it begins (the newest without it).

IN_ENV = $(OF_MODEL) $(if $(ENV),--env $(ENV)) $(if $(VERSION),--version $(VERSION))
SAYING = $(if $(value NOTE),--note "$$NOTE")
ASKING = $(if $(value PROPOSE),--propose "$$PROPOSE")
export BY NOTE FORCE PROPOSE

.PHONY: register approve feedback promote rollback reconcile history
.PHONY: labels monitor watch retrain health experiment compare

register: | .venv ## add the trained model to the store; FORCE=why where the gate has blocked it
	$(STEP) register $(OF_MODEL) $(if $(value FORCE),--force "$$FORCE")

approve: | .venv ## say that VERSION= may go into production; BY=name NOTE=why
	$(STEP) approve $(IN_ENV) $(SAYING)

feedback: | .venv ## note what somebody says who has tried VERSION=; BY=name NOTE=text
	$(STEP) feedback $(IN_ENV) $(SAYING)

promote: | .venv ## make VERSION= the champion of ENV= (production), with all requests; in CI, PROPOSE= asks for it
	$(STEP) promote $(IN_ENV) $(ASKING)

rollback: | .venv ## make the champion before it the champion again; NOTE=why
	$(STEP) rollback $(IN_ENV) $(SAYING) $(ASKING)

reconcile: | .venv ## make ENV= what environments/ENV.yaml says
	$(STEP) reconcile $(IN_ENV)

history: | .venv ## what the ledger of a model says
	@$(STEP) history $(OF_MODEL)

labels: | .venv ## bring what turned out to be true: FILE= with the columns id and the target's name
	$(STEP) labels $(OF_MODEL) $(FILE)

monitor: | .venv ## compare requests (from SINCE= on) with the training data; the word is in reports/<model>/monitor.verdict
	$(STEP) monitor $(OF_MODEL) $(if $(VERSION),--version $(VERSION)) $(if $(SINCE),--since $(SINCE))

watch: | .venv ## monitor, and train anew when there is drift
	$(STEP) watch $(OF_MODEL) $(if $(SINCE),--since $(SINCE))

retrain: | .venv ## train and register anew; REASON=schedule, drift, webhook, manual, ci or data
	$(STEP) retrain $(OF_MODEL) $(or $(REASON),manual)

health: | .venv ## figures of the pipeline itself: lead time, failed changes, time to restore; JSON=1 for programs
	@$(STEP) health $(OF_MODEL) $(if $(JSON),--json)

experiment: | .venv ## try other settings and keep the figures; NAME=name SET='options.depth=3'
	$(STEP) experiment $(OF_MODEL) $(NAME) $(foreach pair,$(SET),--set $(pair))

compare: | .venv ## experiments and versions side by side
	@$(STEP) compare $(OF_MODEL)
