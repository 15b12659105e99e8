# Everything a person or CI does here is one of these. Each is a short script in scripts/.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# What may be given on the command line, e.g. `make run PORT=9000 DATA=/srv/purser`.
PORT ?= 8080
HOST ?= 127.0.0.1
DATA ?= ./data
JOBS ?=
FUZZ_SECONDS ?= 20
BENCH ?=

export PORT HOST DATA JOBS FUZZ_SECONDS BENCH

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  PORT=%s HOST=%s DATA=%s may be given to `make run`.\n' '$(PORT)' '$(HOST)' '$(DATA)'

.PHONY: run
run: ## Install what is needed, build, and serve the demo on http://localhost:8080
	@scripts/run.sh

.PHONY: test
test: ## Install what the tests need, build everything, run all tests and the linter
	@scripts/test.sh

.PHONY: build
build: ## Build the release binary at .build/release/purser
	@scripts/build.sh

.PHONY: bench
bench: ## Run the benchmarks and print one table (BENCH="database http api import" picks some)
	@scripts/bench.sh

.PHONY: lint
lint: ## Check the layout of the Swift sources
	@scripts/lint.sh

.PHONY: format
format: ## Lay out the Swift sources
	@scripts/lint.sh --fix

.PHONY: setup
setup: ## Install every Debian package that building, running and testing need
	@scripts/packages.sh build run test

.PHONY: docs
docs: build ## Write docs/openapi.json, docs/schema.sql and the settings in README.md
	@scripts/docs.sh

.PHONY: clean
clean: ## Remove what was built (never ./data)
	@rm -rf .build .bench .venv
