# Kruzhok on one machine. `make help` lists what there is.
# Settings (see .env.example) come from the environment or from the file .env.
ROOT := $(shell CDPATH= cd "$$(dirname "$(strip $(MAKEFILE_LIST))")" && pwd)
empty :=
-include $(subst $(empty) $(empty),\ ,$(ROOT))/.env
export

PYTHON ?= python3
STACK = PYTHONPATH="$(ROOT)/deploy/local" $(PYTHON) -m stack

.DEFAULT_GOAL := help
.PHONY: help demo up down status logs integrator test test-long check bench lock generated api-names

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' "$(ROOT)/Makefile" | sed 's/:.*## /\t/' | expand -t 12

demo: ## Set up whatever is missing, start the suite, play a family's journey in both regions
	@$(STACK) demo

up: ## Set up whatever is missing and start the suite in the background
	@$(STACK) up

down: ## Stop the suite; nothing is left running, the data stays
	@$(STACK) down

status: ## Show every process of the suite
	@$(STACK) status

logs: ## Follow one log: make logs S=billing
	@$(STACK) logs $(S)

integrator: ## Give an integrator a broker user: make integrator NAME=school-portal REGION=38 (no REGION: take it away)
	@$(STACK) integrator $(NAME) $(REGION)

check: ## Lint, types, import rules and the tests without broker and database
	@$(STACK) check -- $(ARGS)

test: ## All tests, on a broker and a database of their own; ARGS="-k outbox" goes to pytest
	@$(STACK) test -- $(ARGS)

test-long: ## The long simulations and the full fault matrix
	@$(STACK) test_long -- $(ARGS)

bench: ## Every measured comparison; ARGS=--keep writes the run into bench/README.md
	@$(STACK) bench -- $(ARGS)

lock: ## Resolve requirements*.in into the hashed lock files
	@$(STACK) lock

generated: ## Write the files that follow from code (definitions, tables in the documentation)
	@$(STACK) generated

api-names: ## Promise the API's new names: they are added to docs/api-v1-names.json and may not change any more
	@$(STACK) api_names
