# Checks before each commit. Owned by the template: do not edit; your own steps go into the Makefile.

.PHONY: hooks

##@ Check

hooks: | .venv ## check what changes before each commit; .pre-commit-config.yaml says how
	@if [ "$$(git rev-parse --show-prefix)" ]; then \
		echo "git has one set of hooks for a repository, and this is a folder of it: call make lint type from them" >&2; exit 1; fi
	$(RUN) pre-commit install
