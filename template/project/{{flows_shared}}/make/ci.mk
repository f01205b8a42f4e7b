# What CI needs beside the flows themselves. Owned by the template: do not edit; your own steps go into the Makefile.

# Where the libraries of the clouds find the token that `make sign-in` writes.
ifneq ($(wildcard build/id-token),)
export AWS_WEB_IDENTITY_TOKEN_FILE ?= $(CURDIR)/build/id-token
export AZURE_FEDERATED_TOKEN_FILE ?= $(CURDIR)/build/id-token
endif
ifneq ($(wildcard build/google.json),)
export GOOGLE_APPLICATION_CREDENTIALS ?= $(CURDIR)/build/google.json
endif

# A job of CI has no name in git, and `make promote` commits.
ifeq ($(shell { git config user.email; } 2>/dev/null),)
export GIT_AUTHOR_NAME ?= $(or $(BY),CI)
export GIT_COMMITTER_NAME ?= $(or $(BY),CI)
export GIT_AUTHOR_EMAIL ?= ci@localhost
export GIT_COMMITTER_EMAIL ?= ci@localhost
endif

# What staging tests is the version that `make preflight` has named, also when a newer one is registered meanwhile.
ifneq ($(CI),)
ifeq ($(VERSION),)
VERSION := $(shell cat reports/release.version 2>/dev/null)
endif
endif

# A token of identity lives for minutes, and a training for hours: what reaches the store gets a new one before.
data evaluate register deploy accept approve reconcile rollout promote rollback monitor health: | fresh-token

.PHONY: fresh-token
fresh-token:
	@$(if $(wildcard build/id-token),$(STEP) sign-in >/dev/null || echo "no newer token: the one of make sign-in is used")

.PHONY: preflight sign-in cloud-bootstrap

##@ CI

preflight: | .venv ## name what FLOW= (check, train, deliver, watch) needs and does not have
	@$(STEP) preflight --flow $(or $(FLOW),$(error type make preflight FLOW=train)) $(OF_MODEL) $(if $(VERSION),--version $(VERSION))

sign-in: | .venv # get access to the cloud of the store as this job, without a stored key
	@$(STEP) sign-in

cloud-bootstrap: | .venv ## print the commands that make a cloud trust this repository's jobs; CLOUD=aws, gcp or azure
	@$(STEP) cloud-bootstrap $(if $(CLOUD),--cloud $(CLOUD)) $(SET)

# A repository without an online service has versions and approvals, and nothing to deploy.
ifeq ($(wildcard make/deploy.mk),)
.PHONY: deploy accept rollout down
deploy accept rollout down:
	@echo "$@: this repository has no online service, so there is nothing to do"
endif
