# The front door. `make help` says what each verb does, docs/commands.md which options it takes.
# A line that begins with ##@ opens a group of `make help`. A verb without ## is for workflows and is not shown.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# What a person may give. Each reaches the shell through `quoted`, so that it stays one word and runs nothing.
OPTIONS := AFFECTED ARTIFACT BASE CHECK CONFIRM DNS_PORT DOCUMENTS DRILLS DRY_RUN EMPTY ENV FILE FORCE FUNCTION JOBS JSON \
           KEPT LONG MARK MARKDOWN MATRIX OUT OVER PART PLANS PORT PULL_REQUEST PYTHON REAL_TIME REGION REPORT SANDBOX \
           SCENARIO SCORED SEED SEEDS SINCE STACK STANDBY_FIRST TESTS TIMES TITLE TO YES

define newline


endef

# make expands a dollar sign in a value, which can run a program, and takes a line break for the end of a command.
ifneq (,$(findstring $$,$(value -*-command-variables-*-)))
$(error refused: an argument of make holds a dollar sign, which make would expand)
endif
$(foreach name,$(OPTIONS),$(if $(filter-out file undefined,$(origin $(name))),\
  $(if $(findstring $$,$(value $(name))),$(error refused: $(name) holds a dollar sign, which make would expand))\
  $(if $(findstring $(newline),$(value $(name))),$(error refused: $(name) holds a line break))))

ENV ?= reference/active-standby-api
PYTHON ?= python3
override VENV := .venv
override RUN := $(VENV)/bin/python -m harness
override INSTALLED := $(VENV)/.installed
override POLICY_VENV := .venv-policy
override POLICY_INSTALLED := $(POLICY_VENV)/.installed
JOBS ?= 7
SCORED ?= reference/active-standby-api reference/cloudfront-dr-api reference/global-serverless
MATRIX ?= $(basename $(notdir $(filter-out %/real-time-check.yaml,$(wildcard harness/drill/scenarios/*.yaml))))

# For the shell, as one word.
quoted = '$(subst ','\'',$(1))'
quoted_words = $(foreach word,$($(1)),$(call quoted,$(word)))
# An option of the command line: a switch, one with a value, one that is given again for each word.
on = $(filter-out 0 no false,$($(1)))
flag = $(if $(call on,$(1)),$(2))
option = $(if $($(1)),$(2) $(call quoted,$($(1))))
each = $(foreach word,$($(1)),$(2) $(call quoted,$(word)))
# The environment that was asked for; without one, a verb is about every environment.
env_given = $(if $(filter-out file undefined,$(origin ENV)),$(call option,ENV,--env))
# What pytest marks leave out: MARK=, and the long tests unless LONG=1.
marks = $(if $(MARK)$(if $(call on,LONG),,long),-m $(call quoted,$(if $(MARK),($(MARK)))$(if $(MARK),$(if $(call on,LONG),, and ))$(if $(call on,LONG),,not long)))

.PHONY: help setup generate check validate assess policy affected plan summary apply drift release destroy drill scorecard sandbox status \
        failover switchover failback readmit reconcile docs bench test inventories exercised lint format requirements clean jobs deposit collect comment \
        issue verdict

help:
	@printf 'make <verb> [OPTION=value ...]\n'
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nOptions: ENV=<folder below envs/> (%s if left out)  SANDBOX=1 (embedded AWS)  YES=1 (do not ask)  JSON=1\n' $(call quoted,$(ENV))
	@printf '         docs/commands.md has the options of each verb.\n'
	@printf 'Environments: %s\n' "$$(cd envs && find . -name manifest.yaml | sed 's|^\./||; s|/manifest.yaml||' | sort | tr '\n' ' ')"

##@ Describe

generate: setup ## Write the roots of ENV (or of every environment) from the manifest
	@$(RUN) generate $(env_given) $(call flag,YES,--yes) $(call flag,FORCE,--force)

check: setup ## Fail when generated files are stale, and name them
	@$(RUN) check $(env_given)

validate: setup ## Validate the roots of ENV (or of every environment) by `terraform validate`
	@$(RUN) validate $(env_given)

assess: setup ## Say what a lost region costs ENV, predicted and measured, against its objectives
	@$(RUN) assess $(call option,ENV,--env) $(call option,MARKDOWN,--markdown) $(call flag,JSON,--json)

docs: setup ## Write docs/reference and the tables of the modules' READMEs from models and HCL
	@$(RUN) docs $(call flag,CHECK,--check)

##@ Change AWS

plan: setup ## Show what would change in ENV
	@$(RUN) plan $(call option,ENV,--env) $(call flag,SANDBOX,--sandbox) $(call each,STACK,--stack) $(call each,PLANS,--plans) $(call option,ARTIFACT,--artifact) $(call flag,DOCUMENTS,--documents) $(call flag,JSON,--json) $(call flag,AFFECTED,--affected) $(call option,BASE,--base)

affected: setup ## Say which stacks the change since BASE touches, and why
	@$(RUN) affected $(env_given) $(call option,BASE,--base) $(call flag,JSON,--json)

apply: setup ## Plan and apply ENV wave by wave, or the reviewed plans of PLANS=
	@$(RUN) apply $(call option,ENV,--env) $(call flag,SANDBOX,--sandbox) $(call each,STACK,--stack) $(call each,PLANS,--plans) $(call option,CONFIRM,--confirm) $(call flag,STANDBY_FIRST,--standby-first) $(call flag,JSON,--json) $(call flag,YES,--yes)

drift: setup ## Say what changed in ENV outside of Terraform, and since when
	@$(RUN) drift $(call option,ENV,--env) $(call flag,SANDBOX,--sandbox) $(call each,STACK,--stack) $(call option,SINCE,--since) $(call option,REPORT,--report) $(call option,MARKDOWN,--markdown) $(call flag,KEPT,--kept) $(call flag,JSON,--json)

release: setup ## Send traffic to new versions of functions step by step, the standby first
	@$(RUN) release $(call option,ENV,--env) $(call each,FUNCTION,--function) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

destroy: setup ## Destroy ENV, the last wave first
	@$(RUN) destroy $(call option,ENV,--env) $(call flag,SANDBOX,--sandbox) $(call each,STACK,--stack) $(call option,CONFIRM,--confirm) $(call flag,JSON,--json) $(call flag,YES,--yes)

##@ Prove

drill: setup ## Apply ENV in the embedded AWS, lose a region, measure RTO and RPO at the client
	@$(RUN) drill $(call option,ENV,--env) $(call each,SCENARIO,--scenario) $(call option,SEEDS,--seeds) $(call option,SEED,--seed) $(call flag,REAL_TIME,--real-time) $(call flag,JSON,--json)

scorecard: setup ## Draw docs/scorecard.md from the reports of drills
	@$(if $(call on,DRILLS),status=0; for env in $(call quoted_words,SCORED); do $(RUN) drill --env "$$env" --fitting $(call each,MATRIX,--scenario) $(call option,SEEDS,--seeds) || [ $$? -eq 1 ] || status=1; done; [ $$status -eq 0 ])
	@$(RUN) scorecard

sandbox: setup ## Keep the embedded AWS up with ENV applied, and say how to point tools at it
	@$(RUN) sandbox $(call option,ENV,--env) $(call option,PORT,--port) $(call option,DNS_PORT,--dns-port) $(call flag,EMPTY,--empty)

policy: setup $(POLICY_INSTALLED) ## Judge modules, roots and plans of ENV by checkov and the resilience rules
	@$(RUN) policy $(call option,ENV,--env) $(call option,PLANS,--plans) $(call option,OUT,--out) $(call flag,JSON,--json)

bench: setup ## Measure the speeds of docs/performance.md
	@$(RUN) bench $(call each,PART,--part) $(call flag,JSON,--json)

##@ On call

status: setup ## Say who writes in ENV, who sees what, and what the failover controller did
	@$(RUN) status $(call option,ENV,--env) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

failover: ## Make another region of ENV the writer although this one is lost
switchover: ## Make another region the writer in good order: nothing is lost
failback: ## Bring the writer back to its home region in good order
readmit: ## Let a region that was lost serve again

failover switchover failback readmit: setup
	@$(RUN) $@ $(call option,ENV,--env) $(call option,TO,--to) $(call flag,SANDBOX,--sandbox) $(call flag,DRY_RUN,--dry-run) $(call flag,FORCE,--force) $(call flag,JSON,--json) $(call flag,YES,--yes)

reconcile: setup ## Report the writes that only a lost region had
	@$(RUN) reconcile $(call option,ENV,--env) $(call option,REGION,--region) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

##@ Develop

setup: $(INSTALLED) ## Install what is needed into .venv; the other verbs do it themselves

$(INSTALLED): requirements/uv.txt requirements/runtime.txt requirements/test.txt
	@$(call quoted,$(PYTHON)) requirements/set_up.py $(VENV) runtime test
	@touch $@

# after the other, so that a first `make test` on two cores does not install twice at once
$(POLICY_INSTALLED): requirements/uv.txt requirements/policy.txt | $(INSTALLED)
	@$(call quoted,$(PYTHON)) requirements/set_up.py $(POLICY_VENV) policy
	@touch $@

test: setup $(POLICY_INSTALLED) ## Run every test, or those of TESTS= and MARK=
	@$(VENV)/bin/python -m pytest -n $(call quoted,$(JOBS)) --dist loadscope --no-loadscope-reorder $(marks) $(call flag,TIMES,--times) $(call quoted_words,TESTS)

lint: setup ## Check style, types, spelling, links, workflows and generated files, as CI does
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(RUN) format --check
	@$(VENV)/bin/codespell
	@$(VENV)/bin/zizmor --quiet --offline --no-online-audits --persona=pedantic .github
	@$(VENV)/bin/python -m pytest -q --no-header -n 0 tests/docs/test_links.py
	@$(RUN) check
	@$(RUN) docs --check

format: setup ## Format Python and HCL
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
	@$(RUN) format

inventories: setup ## Take anew what tests expect of plans: all, or those of TESTS=; then review the difference
	@$(VENV)/bin/python -m pytest -q --take $(if $(TESTS),$(call quoted,$(TESTS)),tests/modules/test_readme.py tests/envs/test_root_inventories.py)

exercised: setup ## Write docs/exercised.md from the tests
	@$(VENV)/bin/python -m pytest -q --take tests/modules/test_exercised.py::test_the_page_is_what_the_tests_say

requirements: setup ## Pin requirements/*.in again, with hashes
	@cd requirements && for name in uv runtime test policy; do \
	  ../$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make requirements" $$name.in -o $$name.txt; done

clean: ## Remove the environments, logs and reports that this checkout made
	@rm -rf $(VENV) $(POLICY_VENV) .antipode .pytest_cache .mypy_cache .ruff_cache .hypothesis

# For workflows: docs/delivery.md.

# plans kept in PLANS= as Markdown for a pull request; several are merged
summary: setup
	@$(RUN) summary $(call each,PLANS,--plans) $(call option,ARTIFACT,--artifact) $(call option,OUT,--out) $(call flag,JSON,--json)

# the jobs of a workflow: all environments, or what changed since BASE=
jobs: setup
	@$(if $(BASE),set -o pipefail; $(RUN) affected $(call option,BASE,--base) --json | $(RUN) jobs --affected,$(RUN) jobs)

# keep the plans of STACK in PLANS= for the run that applies this commit
deposit: setup
	@$(RUN) deposit $(call option,ENV,--env) $(call each,STACK,--stack) $(call option,PLANS,--plans) $(call flag,SANDBOX,--sandbox)

# bring the plans that were kept for this commit to PLANS=
collect: setup
	@$(RUN) collect $(call option,ENV,--env) $(call option,PLANS,--plans) $(call flag,SANDBOX,--sandbox)

# write FILE= as the one comment of PULL_REQUEST=, or change it in place
comment: setup
	@$(RUN) comment $(call option,FILE,--file) $(call option,PULL_REQUEST,--pull-request)

# open or renew the one issue of PART= (TITLE=, FILE=), or close it (OVER=1)
issue: setup
	@$(RUN) issue $(call option,PART,--part) $(call option,TITLE,--title) $(call option,FILE,--file) $(call flag,OVER,--over)

# whether the jobs in NEEDS= are all right
verdict: setup
	@$(RUN) verdict
