# Dosette's commands. `make help` lists them; everything sets itself up when it is first needed.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PY := .venv/bin/python
ifdef PYTHON
export PYTHON
endif

.PHONY: help
help: ## Show this list
	@echo "Usage: make COMMAND"
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

##@ On this machine
.PHONY: run token migrate superuser create-superuser install-local
run: install-local ## Run all of Dosette with its sandbox; Ctrl-C stops it (PORT=8000)
	@case "$$PORT" in *[!0-9]*) echo "PORT must be a number, not “$$PORT”." >&2; exit 2;; esac
	@exec $(PY) manage.py dev

token: install-local ## Print an access token (SCOPE="orders:read orders:write" CLIENT=demo)
	@$(PY) manage.py token --scope "$(SCOPE)" --client "$(or $(CLIENT),demo)"

migrate: install-local ## Bring the database up to date
	@$(PY) manage.py migrate

superuser: create-superuser ## The same as create-superuser
create-superuser: install-local ## Create a superuser for the admin
	@$(PY) manage.py createsuperuser

install-local: ## Install everything into .venv (does nothing when it is up to date)
	@scripts/setup

##@ Quality
# Eight are enough: each worker of the suite has a database of its own. Whatever the environment says,
# what was compiled is kept: else each of the suite's processes compiles all tests anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -q -n auto --maxprocesses=8 --dist=worksteal -m "not browser"
.PHONY: test tests test-browser test-coverage coverage-report test-report test-html lint lint-fix types bench docs
test: install-local ## Run the whole test suite (ARGS="orders -k cancel" for part of it)
	@$(PYTEST) $(ARGS)

tests: test ## The same as test

test-browser: install-local ## Drive the admin in a real Chromium (/usr/bin/chromium)
	@$(PY) -m pytest -q -m browser tests $(ARGS)

test-coverage: install-local ## Run the suite and show what it does not cover
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered $(ARGS)

coverage-report: test-coverage ## The same as test-coverage

test-report: install-local ## Run the suite and write var/junit.xml and var/coverage.xml
	@$(PYTEST) --cov --cov-report=xml:var/coverage.xml --junit-xml=var/junit.xml $(ARGS)

test-html: install-local ## Run the suite and write its coverage as pages to var/htmlcov/
	@$(PYTEST) --cov --cov-report=html:var/htmlcov $(ARGS)

lint: install-local ## Check style, layers and scripts
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/lint-imports

lint-fix: install-local ## Fix what can be fixed automatically
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

types: install-local ## Check the types
	@$(PY) -m mypy . .ci

bench: install-local ## Measure speed beside the naive way and the limit (ARGS="p1 p3 --runs 5")
	@$(PY) -m bench $(ARGS)

docs: install-local ## Build the documentation site in var/site/
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "Built: var/site/index.html"

##@ Packages
.PHONY: lock requirements
lock: install-local ## Resolve and lock the Pipfile's packages again
	@scripts/lock
	@scripts/setup

requirements: install-local ## Write requirements.txt with hashes, for use with pip alone
	@PIPENV_IGNORE_VIRTUALENVS=1 .tools/bin/python -m pipenv requirements --hash >requirements.txt
	@echo "Written: requirements.txt"

##@ In containers
.PHONY: build start stop-containers remove-containers
build: ## Build the image
	@scripts/compose build

start: ## Start nginx, web, workers, PostgreSQL and Redis in containers
	@scripts/compose up --build --detach

stop-containers: ## Stop the containers; the data stays
	@scripts/compose stop

remove-containers: ## Remove the containers; the data stays in its volumes
	@scripts/compose down --remove-orphans
