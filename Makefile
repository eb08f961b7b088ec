# Every verb does its own set-up first and is quick when nothing changed.

PYTHON := .venv/bin/python
# Node.js lives in the venv where the system's is too old: see tools/setup.sh.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help up test check bench outages lines fuzz kernel fresh format lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

up: ## start everything on this machine; Ctrl-C ends it
	@tools/setup.sh up
	@exec $(PYTHON) -m zvonok up

test: ## all tests, real browsers included
	@tools/setup.sh test
	npm --prefix web test
	$(PYTHON) -m pytest

check: ## formats, lint, types, lockfiles, layers: under a minute
	@tools/setup.sh check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	npm --prefix web run check
	$(PYTHON) -m pytest -q tests/test_layering.py tests/test_lockfiles.py

format: ## rewrite sources in the one format
	@tools/setup.sh check
	$(PYTHON) -m ruff format
	$(PYTHON) -m ruff check --fix
	npm --prefix web run format

bench: ## how many packets a core forwards
	@tools/setup.sh up
	$(PYTHON) -m bench.forward

outages: ## how soon a call is whole again after something was away
	@tools/setup.sh test
	$(PYTHON) -m bench.outages

lines: ## how good a call is on bad lines, beside Janus and peer to peer (an hour; root)
	@tools/setup.sh lines
	$(PYTHON) -m bench.lines $(ARGS)

fuzz: ## a minute of hostile input for each parser
	@tools/setup.sh fuzz
	$(PYTHON) -m fuzz

kernel: ## compile the media kernel; DEBUG=1: sanitizers and bounds checks
	@ZVONOK_KERNEL_DEBUG=$(DEBUG) tools/setup.sh kernel

fresh: ## `make up` and `make test` inside a bare Debian (root; SUITE=trixie)
	@tools/fresh.sh $(SUITE)

lock: ## resolve the Python dependencies anew
	@tools/setup.sh kernel
	tools/lock.sh
