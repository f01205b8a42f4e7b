# An online service in its environments. Owned by the template: do not edit; your own steps go into the Makefile.

.PHONY: deploy accept rollout status down

##@ Deliver

deploy: | .venv ## run VERSION= in ENV= (staging); in production without requests
	$(STEP) deploy $(IN_ENV)

accept: | .venv ## test what runs in ENV= (staging); FORCE=why where a test fails
	$(STEP) accept $(IN_ENV) $(if $(value FORCE),--force "$$FORCE")

rollout: | .venv ## shift requests of production to VERSION= by steps; STRATEGY=shadow, canary, bluegreen, ab, direct; CLIENTS=4 rehearses
	$(STEP) rollout $(IN_ENV) $(if $(STRATEGY),--strategy $(STRATEGY)) $(if $(CLIENTS),--clients $(CLIENTS))

status: | .venv ## print what runs in ENV= (production)
	@$(STEP) status $(IN_ENV)

down: | .venv ## stop what runs in ENV= (staging)
	$(STEP) down $(IN_ENV)
