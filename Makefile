# What a person does in a checkout. Everything is installed into $(VENV), nothing into the system; `make test` alone may
# install a package of the operating system, the broker mosquitto, and only where it may do so without asking.

VENV ?= .venv
PYTHON ?=
CONFIG ?= config/simulated.json
ARGS ?=
MOSQUITTO ?= mosquitto
CALM ?= 1d
FOR ?= 438h
MUTANTS_AT_ONCE ?= 1

PIP = $(VENV)/bin/python -m pip --disable-pip-version-check
# Three processes even on two cores: many tests wait for real processes, which others can use. And each program that a
# test starts would compile everything again where PYTHONDONTWRITEBYTECODE is set.
PYTEST = PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n 3 --dist worksteal
SOURCES = alimante hardware
SOAK = tests/scenario/soak.json
PAIRS = config/one-probe.json config/three-probes.json config/simulated.json
ENCLOSURES = $(sort $(wildcard tests/scenario/enclosures/*.json))
# What months of chaos must have come to, or they prove little; and what a program that leaks again and again must.
REACH = $(foreach state,output+tripped breaker+open reading+lost broker+lost clock+stepped needs_person \
  node+CRITICAL process+gave+up configuration+rolled_back refused,--reach '$(subst +, ,$(state))')
LEAK = --fault 'process=leak(90)@1h+2h' --reach 'computer rebooted' --reach safe_mode

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test soak pairs healthy check schema bench matrix picture mutants pins clean broker

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PYTHON=python3.13  VENV=.venv  CONFIG=config/simulated.json  ARGS='-k heater'"

run: $(VENV)/.demo ## run the supervisor on simulated hardware, with a broker of its own
	@exec $(VENV)/bin/alimante run --config $(CONFIG) $(ARGS)

test: $(VENV)/.dev broker ## run all tests but the slow ones, in three processes; ARGS go to pytest
	$(PYTEST) -m "not slow" $(ARGS)

soak: $(VENV)/.dev broker ## run the slow tests, months of faults by chance, two at once, and a year without any
	@command -v strace >/dev/null || echo "strace is not installed, so some disk faults are skipped: sudo apt install strace" >&2
	@failed=; \
	$(PYTEST) -m slow $(ARGS) || failed="$$failed tests"; \
	for each in "--runs 20 --chaos --for 30d $(REACH)" "--pairs" \
	  "--runs 1 --for 8h $(LEAK)" "--runs 1 --calm --for 365d"; do \
	  echo "== alimante simulate --config $(SOAK) $$each"; \
	  eval "$(VENV)/bin/alimante simulate --config $(SOAK) $$each" || failed="$$failed [$$each]"; \
	done; \
	for each in pairs healthy; do $(MAKE) --no-print-directory $$each ARGS= || failed="$$failed $$each"; done; \
	[ -z "$$failed" ] || { echo "make soak: failed:$$failed" >&2; exit 1; }

pairs: $(VENV)/.dev ## try every two faults at once in three configurations; KEPT=FOLDER goes on after an interruption
	@failed=; \
	for each in $(PAIRS); do \
	  echo "== alimante simulate --config $$each --pairs"; \
	  $(VENV)/bin/alimante simulate --config $$each --pairs $(if $(KEPT),--kept $(KEPT)/$$(basename $$each).results) $(ARGS) \
	    || failed="$$failed $$each"; \
	done; \
	[ -z "$$failed" ] || { echo "make pairs: failed:$$failed" >&2; exit 1; }

healthy: $(VENV)/.dev ## live a year with nothing broken in twenty enclosures and count false trips; FOR=365d for a year each
	$(VENV)/bin/alimante simulate --config $(firstword $(ENCLOSURES)) --for $(FOR) $(ARGS) \
	  --healthy $(wordlist 2,$(words $(ENCLOSURES)),$(ENCLOSURES))

check: $(VENV)/.dev ## lint, format, types, layers, dependencies, security: all of them, also after a failure
	@failed=; \
	for each in "ruff check ." "ruff format --check ." mypy "lint-imports --no-cache" "deptry $(SOURCES)" \
	    "bandit -q -c pyproject.toml -r $(SOURCES)"; do \
	  echo "== $$each"; PYTHONPATH=. $(VENV)/bin/$$each || failed="$$failed $${each%% *}"; \
	done; \
	[ -z "$$failed" ] || { echo "make check: failed:$$failed" >&2; exit 1; }

schema: $(VENV)/.dev ## write config/schema.json from the code
	$(VENV)/bin/alimante schema > config/schema.json.new
	mv config/schema.json.new config/schema.json

bench: $(VENV)/.dev ## run the benchmarks; ARGS=--quick for a short run
	$(VENV)/bin/python benchmarks/run.py $(ARGS)

matrix: $(VENV)/.dev ## try every fault that there is and write docs/safety-matrix.md; CALM=1d is how long without any
	$(VENV)/bin/alimante simulate --config config/simulated.json --matrix config/one-probe.json config/three-probes.json \
	  --for $(CALM) --out docs/safety-matrix.md --json > docs/safety-matrix.json.new
	mv docs/safety-matrix.json.new docs/safety-matrix.json

mutants: $(VENV)/.mutants ## break each rule of safety in turn and see that a test notices; ARGS='alimante.safety.gate*' for some
	PYTHONDONTWRITEBYTECODE= MUTANTS_AT_ONCE=$(MUTANTS_AT_ONCE) $(VENV)/bin/python tests/mutation/run.py $(ARGS)
	$(VENV)/bin/python tests/mutation/report.py

picture: $(VENV)/.dev ## draw docs/upper-bound.svg
	$(VENV)/bin/alimante simulate --config config/one-probe.json --for 7h --fault 'warm_probe=wrong(-15)@3h+2h' \
	  --plot docs/upper-bound.svg

pins: ## write constraints.txt from the newest versions that go together
	rm -rf build/pins
	$(MAKE) --no-print-directory build/pins/.created VENV=build/pins
	build/pins/bin/python -m pip --disable-pip-version-check install -q -e '.[dev,mutants]'
	head -n 1 constraints.txt > constraints.txt.new
	build/pins/bin/python -m pip freeze --all --exclude-editable --exclude pip >> constraints.txt.new
	mv constraints.txt.new constraints.txt

clean: ## remove caches and build results; the virtual environment stays
	rm -rf build dist mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written only after its step has succeeded, so an interrupted installation is taken up again.
$(VENV)/.created:
	@python=; for each in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
	  if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$each; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Alimante needs Python 3.11 or newer, and $(or $(PYTHON),python3) is not that." >&2; \
	  echo "On Debian 12, Raspberry Pi OS 12 and later: sudo apt install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.11 …" >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "$$python cannot make a virtual environment: its module venv or ensurepip is missing." >&2; \
	  echo "On Debian and Raspberry Pi OS: sudo apt install python$$version-venv" >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing Alimante into $(VENV); only the first time takes a while"
	@$(PIP) install -q -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing Alimante and the development tools into $(VENV); only the first time takes a while"
	@$(PIP) install -q -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.mutants: $(VENV)/.dev
	@$(PIP) install -q -c constraints.txt -e '.[mutants]'
	@touch $@

broker:
	@PATH="$$PATH:/usr/sbin"; command -v $(MOSQUITTO) >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root=sudo; else as_root=none; fi; \
	if [ "$$as_root" != none ] && command -v apt-get >/dev/null; then \
	  echo "Installing the broker mosquitto, which some tests talk to"; \
	  install="$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mosquitto"; \
	  $$install >/dev/null 2>&1 || { $$as_root apt-get update -q >/dev/null && $$install >/dev/null; } && exit 0; \
	fi; \
	echo "The broker mosquitto is not installed: the tests that talk to it are skipped. Install it with: sudo apt install mosquitto" >&2
