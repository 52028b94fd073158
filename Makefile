# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lab matrix fuzz mutation lint format docs site pictures lock sbom release clean

BIN := .venv/bin
READY := .venv/.ready
DEMO := tests/fixtures/frr/show_ip_route--seed.txt

help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

$(READY): pyproject.toml requirements-dev.lock
	@PYTHON='$(PYTHON)' .ci/venv
	@touch $@

## make demo     audit the seed's table; it has a finding, so exit code 1 is expected
demo: $(READY)
	@code=0; $(BIN)/ecmpaudit analyze $(DEMO) || code=$$?; \
	if [[ $$code -ne 1 ]]; then echo "demo: exit code $$code, expected 1 (findings)" >&2; exit 1; fi

## make test     run all tests that the machine can; what it cannot is named before they start; ARGS='-k bird' for pytest
## .             SAMPLE_SEED=all: every case of the tables of cases, of which a run of all tests takes a sample
## .             ECMPAUDIT_LAB=required: a missing lab of real routers is an error; =off: leave it out, install nothing
## .             ECMPAUDIT_SSHD: the same for the tests with an sshd on loopback
## .             ECMPAUDIT_CHECKERS: the same for the programs that read our reports (Prometheus, Icinga …)
## .             ECMPAUDIT_BROWSER: the same for the HTML report in Chromium
## .             ECMPAUDIT_POSTGRESQL: the same for the tests of the history on a real PostgreSQL
## .             ECMPAUDIT_KUBECTL: the same for the tests with a real kubectl
## .             ECMPAUDIT_CRON: the same for the tests with a real cron daemon and systemd's checks
test: $(READY)
	@selected=; reasons=(); \
	for needed in sshd lab browser checkers postgresql cron kubectl; do \
	  code=0; reason=$$(.ci/$$needed) || code=$$?; \
	  case $$code in 0) ;; 3) selected+="$${selected:+ and }not $$needed"; reasons+=("$$reason");; *) exit $$code;; esac; \
	done; \
	if (($${#reasons[@]})); then printf '%s\n' "$${reasons[@]}" >&2; fi; \
	unset PYTHONDONTWRITEBYTECODE; `# hundreds of tests start the program`; \
	$(BIN)/python -m pytest -n 4 $${selected:+-m "$$selected"} $(ARGS)

## make lab      all states of all topologies of real routers, of which `make test` runs a part; ARGS='-k leaf-spine' for pytest
lab: $(READY)
	@ECMPAUDIT_LAB=required .ci/lab
	ECMPAUDIT_LAB=required ECMPAUDIT_LAB_STATES=all $(BIN)/python -m pytest -n 2 tests/lab $(ARGS)

## make matrix   scan the lab with each answer of its hosts failing in each way, and with pairs: a line per cell (half an hour)
matrix: $(READY)
	@ECMPAUDIT_LAB=required .ci/lab
	$(BIN)/python -m tests.lab.answer_matrix $(ARGS)

## make fuzz     the fuzz tests with a large budget (about an hour, files of 1 GB); ARGS='-k damaged' for pytest
fuzz: $(READY)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20000} FUZZ_MEGABYTES=$${FUZZ_MEGABYTES:-1024} $(BIN)/python -m pytest tests/test_fuzz.py $(ARGS)

## make mutation  how many planted faults the quick tests notice, of 200 in each area (an hour); ARGS='rules --seed 7'
mutation: $(READY)
	$(BIN)/python -m tests.bench.mutation $(ARGS)

## make lint     ruff, mypy and import-linter; nothing is changed
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

## make format   format the code and fix what ruff can fix
format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## make docs     write all recorded output in README.md and docs/, rules.md and the schema again
docs: $(READY)
	$(BIN)/python -m tests.recorded_output

## make pictures draw the pictures of docs/ again in Chromium
pictures: $(READY)
	@ECMPAUDIT_BROWSER=required .ci/browser
	$(BIN)/python -m tests.browser.pictures docs/images

## make site     build the documents as a site, strictly, into build/site
site: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

## make lock     write requirements-dev.lock and release/requirements.lock again from what pyproject.toml allows today
lock:
	@.ci/lock

## make sbom     write build/sbom.json: what release/requirements.lock installs, in CycloneDX's form
sbom:
	@.ci/sbom

## make release  build a release from the last commit into dist/: wheel, sdist, .deb, kubectl plugin, SBOM, checksums
release: $(READY)
	@PYTHON='$(PYTHON)' .ci/release

## make clean    remove the environment, caches and what was built
clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
