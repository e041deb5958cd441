# The front door. `make help` says what each verb does; CONTRIBUTING.md how the house is built.
.DEFAULT_GOAL := help
SHELL := /bin/bash

ENV ?= reference/active-standby-api
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m harness
INSTALLED := $(VENV)/.installed
POLICY_VENV := .venv-policy
POLICY_INSTALLED := $(POLICY_VENV)/.installed
JOBS ?= 5
SCORED ?= reference/active-standby-api reference/cloudfront-dr-api reference/global-serverless
MATRIX ?= $(basename $(notdir $(filter-out %/real-time-check.yaml,$(wildcard harness/drill/scenarios/*.yaml))))

flag = $(if $(filter-out 0 no false,$($(1))),$(2))
stacks = $(foreach stack,$(STACK),--stack $(stack))
base = $(if $(BASE),--base '$(BASE)')
# For the shell, as one word: an address has brackets and quotes in it.
quoted = '$(subst ','\'',$(1))'
plans = $(foreach folder,$(PLANS),--plans $(call quoted,$(folder)))
confirm = $(if $(CONFIRM),--confirm $(call quoted,$(CONFIRM)))
artifact = $(if $(ARTIFACT),--artifact $(call quoted,$(ARTIFACT)))
env_given = $(if $(filter command\ line environment,$(origin ENV)),--env $(ENV))

.PHONY: help setup generate check validate assess policy affected plan summary apply drift release destroy drill scorecard sandbox status \
        failover switchover failback readmit reconcile docs bench test inventories exercised lint format requirements clean jobs deposit collect comment \
        issue verdict

help: ## What each verb does
	@printf 'make <verb> [ENV=%s] [options]\n\n' '$(ENV)'
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nOptions: ENV=<folder below envs/>  SANDBOX=1 (embedded AWS)  STACK="us-west-2 edge"  YES=1  FORCE=1  JSON=1\n'
	@printf '         PLANS=folder  DOCUMENTS=1  CONFIRM="data:module.a.aws_dynamodb_table.b"  SINCE=drift.json  OUT=file\n'
	@printf '         TO=eu-west-1  DRY_RUN=1  AFFECTED=1  BASE=origin/main  MARKDOWN=assessment.md  SCENARIO=region-hang  SEEDS=20  REAL_TIME=1\n'
	@printf '         PORT=4566  EMPTY=1  TESTS=tests/generator  JOBS=5  LONG=1\n'
	@printf 'Environments: %s\n' "$$(cd envs && find . -name manifest.yaml | sed 's|^\./||; s|/manifest.yaml||' | sort | tr '\n' ' ')"

setup: $(INSTALLED) ## Install what is needed into .venv (the other verbs do it themselves)

$(INSTALLED): requirements/runtime.txt requirements/test.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with PYTHON=python3.12"; exit 2; }
	@echo "setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt -r requirements/test.txt
	@touch $@

generate: setup ## Write the roots of ENV (or of every environment) from the manifest
	@$(RUN) generate $(env_given) $(call flag,YES,--yes) $(call flag,FORCE,--force)

check: setup ## Fail when generated files are stale, and name them
	@$(RUN) check $(env_given)

validate: setup ## terraform validate on every root of ENV (or of every environment)
	@$(RUN) validate $(env_given)

assess: setup ## What a lost region costs ENV, predicted and measured, against its objectives (MARKDOWN=file)
	@$(RUN) assess --env $(ENV) $(if $(MARKDOWN),--markdown $(MARKDOWN)) $(call flag,JSON,--json)

policy: setup $(POLICY_INSTALLED) ## Judge modules, roots and plans of ENV by checkov and the resilience rules (PLANS=folder, OUT=folder)
	@$(RUN) policy --env $(ENV) $(if $(PLANS),--plans $(call quoted,$(PLANS))) $(if $(OUT),--out $(call quoted,$(OUT))) $(call flag,JSON,--json)

$(POLICY_INSTALLED): requirements/policy.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with PYTHON=python3.12"; exit 2; }
	@echo "setting up $(POLICY_VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(POLICY_VENV)
	@$(POLICY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/policy.txt
	@touch $@

plan: setup ## What would change in ENV; SANDBOX=1 against the embedded AWS
	@$(RUN) plan --env $(ENV) $(call flag,SANDBOX,--sandbox) $(stacks) $(plans) $(artifact) $(call flag,DOCUMENTS,--documents) $(call flag,JSON,--json) $(call flag,AFFECTED,--affected) $(base)

affected: setup ## Which stacks of ENV (or of every environment) the change since BASE touches, and why
	@$(RUN) affected $(env_given) $(base) $(call flag,JSON,--json)

summary: setup ## Plans kept in PLANS= as Markdown for a pull request (OUT=file, JSON=1); several are merged
	@$(RUN) summary $(plans) $(artifact) $(if $(OUT),--out $(call quoted,$(OUT))) $(call flag,JSON,--json)

apply: setup ## Plan and apply ENV wave by wave, or the reviewed plans of PLANS=; asks unless YES=1; CONFIRM= names data that may go
	@$(RUN) apply --env $(ENV) $(call flag,SANDBOX,--sandbox) $(stacks) $(plans) $(confirm) $(call flag,STANDBY_FIRST,--standby-first) $(call flag,JSON,--json) $(call flag,YES,--yes)

drift: setup ## What changed in ENV outside of Terraform, and since when (SINCE=, REPORT=, MARKDOWN=; KEPT=1: since the look in the state bucket)
	@$(RUN) drift --env $(ENV) $(call flag,SANDBOX,--sandbox) $(stacks) $(if $(SINCE),--since $(call quoted,$(SINCE))) $(if $(REPORT),--report $(call quoted,$(REPORT))) $(if $(MARKDOWN),--markdown $(call quoted,$(MARKDOWN))) $(call flag,KEPT,--kept) $(call flag,JSON,--json)

release: setup ## Send traffic to new versions of functions step by step, standby first; taken back on alarm (FUNCTION=)
	@$(RUN) release --env $(ENV) $(foreach function,$(FUNCTION),--function $(function)) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

destroy: setup ## Destroy ENV, last wave first; asks for its name, or YES=1 CONFIRM=<ENV>
	@$(RUN) destroy --env $(ENV) $(call flag,SANDBOX,--sandbox) $(stacks) $(confirm) $(call flag,JSON,--json) $(call flag,YES,--yes)

drill: setup ## Apply ENV in the sandbox, lose a region, measure RTO and RPO at the client
	@$(RUN) drill --env $(ENV) $(foreach scenario,$(SCENARIO),--scenario $(scenario)) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(SEED),--seed $(SEED)) $(call flag,REAL_TIME,--real-time) $(call flag,JSON,--json)

scorecard: setup ## Draw docs/scorecard.md from the reports of the drills that were run (DRILLS=1 runs them all first)
	@$(if $(filter-out 0 no false,$(DRILLS)),status=0; for env in $(SCORED); do $(RUN) drill --env $$env --fitting $(foreach scenario,$(MATRIX),--scenario $(scenario)) $(if $(SEEDS),--seeds $(SEEDS)) || [ $$? -eq 1 ] || status=1; done; [ $$status -eq 0 ])
	@$(RUN) scorecard

sandbox: setup ## Keep the embedded AWS up with ENV applied, and say how to point tools at it
	@$(RUN) sandbox --env $(ENV) $(if $(PORT),--port $(PORT)) $(if $(DNS_PORT),--dns-port $(DNS_PORT)) $(call flag,EMPTY,--empty)

status: setup ## Who writes in ENV, who sees what, and what the failover controller did
	@$(RUN) status --env $(ENV) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

failover switchover failback readmit: setup
	@$(RUN) $@ --env $(ENV) $(if $(TO),--to $(TO)) $(call flag,SANDBOX,--sandbox) $(call flag,DRY_RUN,--dry-run) $(call flag,FORCE,--force) $(call flag,JSON,--json) $(call flag,YES,--yes)

failover: ## Make another region of ENV the writer although this one is lost (TO=, DRY_RUN=1, FORCE=1)
switchover: ## Make another region the writer in good order: nothing is lost
failback: ## Bring the writer back to its home region in good order
readmit: ## Let a region that was lost serve again

reconcile: setup ## Report the writes that only a lost region had (REGION=)
	@$(RUN) reconcile --env $(ENV) $(if $(REGION),--region $(REGION)) $(call flag,SANDBOX,--sandbox) $(call flag,JSON,--json)

docs: setup ## Write docs/reference from the manifest's models and the modules' HCL (CHECK=1 only compares)
	@$(RUN) docs $(call flag,CHECK,--check)

bench: setup ## Measure speed, as docs/performance.md tells it
	@$(RUN) bench $(foreach part,$(PART),--part $(part)) $(call flag,JSON,--json)

jobs: setup ## The jobs of a workflow: all environments, or what changed since BASE=
	@$(if $(BASE),set -o pipefail; $(RUN) affected --base '$(BASE)' --json | $(RUN) jobs --affected,$(RUN) jobs)

deposit: setup ## Keep the plans of STACK in PLANS= for the run that applies this commit
	@$(RUN) deposit --env $(ENV) $(stacks) --plans '$(PLANS)' $(call flag,SANDBOX,--sandbox)

collect: setup ## Bring the plans that were kept for this commit to PLANS=
	@$(RUN) collect --env $(ENV) --plans '$(PLANS)' $(call flag,SANDBOX,--sandbox)

comment: setup ## Write FILE= as the one comment of PULL_REQUEST=, or change it in place
	@$(RUN) comment --file '$(FILE)' --pull-request '$(PULL_REQUEST)'

issue: setup ## Open or renew the one issue of PART= (TITLE=, FILE=), or close it (OVER=1)
	@$(RUN) issue --part '$(PART)' --title '$(TITLE)' $(if $(FILE),--file '$(FILE)') $(call flag,OVER,--over)

verdict: setup ## Whether the jobs in NEEDS= are all right
	@$(RUN) verdict

test: setup $(POLICY_INSTALLED) ## Every test: generator, modules, harness, functions, end to end
	@$(VENV)/bin/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder $(if $(filter-out 0 no false,$(LONG)),,-m 'not long') $(TESTS)

inventories: setup ## Take anew what tests expect of plans: all, or those of TESTS= (a failure names it); then review the difference
	@$(VENV)/bin/python -m pytest -q --take $(if $(TESTS),'$(TESTS)',tests/modules/test_readme.py tests/envs/test_root_inventories.py)

exercised: setup ## Write docs/exercised.md from the tests: what is applied, drilled, or only planned and why
	@$(VENV)/bin/python -m pytest -q --take tests/modules/test_exercised.py::test_the_page_is_what_the_tests_say

lint: setup ## What CI checks of style and types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(RUN) check
	@$(RUN) docs --check

format: setup ## Format Python and HCL
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .
	@terraform fmt -recursive modules

requirements: ## Pin requirements/*.in again, with hashes
	@command -v uv >/dev/null || { echo "uv is needed: pip install uv"; exit 2; }
	@cd requirements && for name in runtime test policy; do \
	  uv pip compile --quiet --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make requirements" $$name.in -o $$name.txt; done

clean: ## Remove the environment, logs and reports that this checkout made
	@rm -rf $(VENV) $(POLICY_VENV) .antipode .pytest_cache .mypy_cache .ruff_cache .hypothesis
