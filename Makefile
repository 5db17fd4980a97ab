# make demo        a virtual environment, one negotiation, a dataset, plots and a tournament
# make demo-janus  games, tables, a training, an evaluation and plots, all small
# make test        everything that is checked on every change
# make test-slow   the tests marked slow
# make fuzz        parsers and readers, FUZZ_SECONDS each, from a corpus that grows in .fuzz/
# make bench       speed and memory, written to benchmarks/RESULTS.md
# make mutants     which small faults in the code no test finds; GROUPS=rules,parser for some of it, SAMPLE=0 for all
# make check-completeness   that every public symbol has a type (70 MB of pyright and Node.js)
# make docs        the documentation as pages that need no network, site/index.html
#
# Needs Python 3.11 or newer, pip and make; no compiler. Options for pip go into PIP_FLAGS, for example
#     make test PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PIP_FLAGS ?=
WORKERS ?= 2
OUT ?= datasets/local/demo
EPISODES ?= 10000
GROUPS ?= rules,strategies,solutions,parser
SAMPLE ?= 150
FUZZ_SECONDS ?= 300

BIN := $(VENV)/bin
# gym, which d3rlpy needs, is pure Python and comes as source only.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary=:all: --no-binary=gym $(PIP_FLAGS) -c constraints.txt
PACKAGES := negotiation_env policies/negotiation_policies janus/negotiation_janus scripts/negotiation_cli
READY := pyproject.toml constraints.txt

.PHONY: demo demo-janus test test-slow bench mutants docs format clean check-format check-lint check-types check-imports check-tests fuzz \
  check-completeness weights

demo: $(VENV)/.ready-demo
	$(BIN)/negotiate fetch-model smollm2
	$(BIN)/negotiate play --domain price --agent1 boulware_firm --agent2 tit_for_tat --seed 1
	$(BIN)/negotiate play --domain price --agent1 janus:rho=0.2 --agent2 boulware --seed 1
	$(BIN)/negotiate play --domain multi_item --agent1 boulware --agent2 trade_off --seed 1
	$(BIN)/negotiate play --agent1 boulware_firm --agent2 linear --model smollm2 --max_turns 8 --seed 1 \
	  --output_dir $(OUT)/spoken --overwrite
	$(BIN)/negotiate generate --num_episodes $(EPISODES) --dataset_out $(OUT)/price_domain.jsonl --seed 0 --overwrite
	$(BIN)/negotiate prepare --jsonl_path $(OUT)/price_domain.jsonl --output_dir $(OUT)/prepared --overwrite
	$(BIN)/negotiate plot concessions --output_dir $(OUT)/concession_plots --overwrite
	$(BIN)/negotiate plot interactions --output_dir $(OUT)/interaction_plots --overwrite
	$(BIN)/negotiate plot outcomes --scenario bargaining --output_dir $(OUT)/outcome_plots --overwrite
	$(BIN)/negotiate tournament --policies boulware_firm,linear,tit_for_tat,fair,micro_fine --num_episodes 100 \
	  --output_dir $(OUT)/tournament --overwrite
	$(BIN)/negotiate report $(OUT)/tournament --overwrite
	@printf '\nDone. Look at\n'
	@printf '  %s\n' "$(OUT)/price_domain.jsonl      $(EPISODES) negotiations, one decision a line" \
	  "$(OUT)/prepared                the same as Parquet tables" \
	  "$(OUT)/concession_plots        how each strategy concedes" \
	  "$(OUT)/interaction_plots       how pairs of strategies play" \
	  "$(OUT)/outcome_plots           what splits of items many games came to" \
	  "$(OUT)/tournament/report.html  who does best against whom, a page for the browser" \
	  "$(OUT)/spoken                  a negotiation in the words of a language model" \
	  "README.md                           what to try next"

# The whole way to a policy that is told a rho, at a size that shows how and learns little.
demo-janus: $(VENV)/.ready-demo
	$(BIN)/negotiate fetch-model smollm2
	$(BIN)/negotiate generate --recipe price-teacher-known --num_episodes 2000 --dataset_out $(OUT)/janus/games.jsonl --overwrite
	$(BIN)/negotiate prepare --jsonl_path $(OUT)/janus/games.jsonl --output_dir $(OUT)/janus/prepared --overwrite
	$(BIN)/negotiate train-janus --config janus/configs/tiny.toml --output_dir $(OUT)/janus/adapters --overwrite \
	  --decision_steps_path $(OUT)/janus/prepared/decision_steps.parquet
	$(BIN)/negotiate evaluate-rho --policy janus:checkpoint=$(OUT)/janus/adapters --opponents linear,boulware --num_episodes 4 \
	  --commands=-1,0,0.5,1 --information known --output_dir $(OUT)/janus/evaluation --overwrite
	$(BIN)/negotiate plot concessions --output_dir $(OUT)/janus/plots --overwrite

test: check-format check-lint check-types check-imports check-tests

check-format: $(VENV)/.ready-test
	$(BIN)/ruff format --check .

check-lint: $(VENV)/.ready-test
	$(BIN)/ruff check .

check-types: $(VENV)/.ready-test
	$(BIN)/mypy

check-imports: $(VENV)/.ready-test
	$(BIN)/lint-imports

check-tests: $(VENV)/.ready-test weights
	$(BIN)/python -m pytest -n $(WORKERS) --doctest-modules $(PACKAGES) tests

check-completeness: $(VENV)/.ready-test
	$(INSTALL) "pyright[nodejs]"
	$(BIN)/python -m pytest -m slow tests/packaging/test_completeness.py

test-slow: $(VENV)/.ready-test weights
	$(BIN)/python -m pytest -m slow tests

bench: $(VENV)/.ready-bench
	$(BIN)/python benchmarks/throughput.py --full --with-negmas --with-open-spiel --write

mutants: $(VENV)/.ready-mutants
	$(BIN)/python benchmarks/mutants.py --groups $(GROUPS) --sample $(SAMPLE)

fuzz: $(VENV)/.ready-fuzz
	for target in price items recipe jsonl parquet; do \
	  $(BIN)/python tests/fuzz/fuzz.py $$target --seconds $(FUZZ_SECONDS); \
	done

# Material for MkDocs announces a successor; strict: a broken link or reference fails.
docs: $(VENV)/.ready-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@printf '\nDone. Look at site/index.html\n'

# The cache of the weights is not in the virtual environment, so no stamp there could say that they are complete.
weights: $(VENV)/.ready-test
	$(BIN)/negotiate fetch-model smollm2

format: $(VENV)/.ready-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis site

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than Python 3.11; name a newer one with: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-demo: $(READY) | $(BIN)/python
	$(INSTALL) -e ".[datasets,plot,llm,janus,tournament,report]"
	@touch $@

$(VENV)/.ready-test: $(READY) | $(BIN)/python
	$(INSTALL) -e ".[datasets,plot,report,rl,llm,qlora,offline,ray,tournament,docs,dev]"
	@touch $@

$(VENV)/.ready-docs: $(READY) | $(BIN)/python
	$(INSTALL) -e ".[docs]"
	@touch $@

# PettingZoo's own game that ours is measured beside draws with pygame; intervals of rates are SciPy's.
$(VENV)/.ready-bench: $(VENV)/.ready-test
	$(INSTALL) pygame-ce scipy
	@touch $@

$(VENV)/.ready-mutants: $(VENV)/.ready-test
	$(INSTALL) mutmut scipy
	@touch $@

$(VENV)/.ready-fuzz: $(VENV)/.ready-test
	$(INSTALL) atheris
	@touch $@
