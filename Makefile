# make help says what there is. Nothing needs to be installed first but Python 3.11, Node 20 and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV = $$(.ci/uv.sh)
RUN = $(UV) run --no-sync
STATIC = src/pointillist/static
BUNDLE = $(STATIC)/widget.js
JS_SOURCES := $(shell find js/src -type f 2>/dev/null) js/build.mjs js/package-lock.json
DATA ?= data/clipart
DEMO_ARGS ?=
# Jupyter refuses to run as root, as which one is on a bare machine or in a container, unless told. Its question
# whether one wants news would lie over the widget: .ci/lab answers it where the user's own settings do not.
LAB = POINTILLIST_IMAGES="$(abspath $(DATA))" $(RUN) jupyter lab --ip=127.0.0.1 --ServerApp.root_dir=notebooks \
  --LabApp.default_url=/lab/tree/01_first_look.ipynb --LabApp.app_settings_dir="$(CURDIR)/.ci/lab" --LabApp.news_url=None \
  --LabApp.log_level=30 --ServerApp.log_level=30 $(if $(filter 0,$(shell id -u)),--allow-root) $(DEMO_ARGS)
TEST_ARGS ?=
BENCH_ARGS ?=

# Where a proxy signs with its own certificate, that is in the system's list and not in uv's.
SYSTEM_CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(SYSTEM_CERTIFICATES),)
export SSL_CERT_FILE ?= $(SYSTEM_CERTIFICATES)
endif

.PHONY: help setup demo test oldest check format bench bench-frontend dev clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: setup $(DATA)/.ready  ## open JupyterLab on a notebook with real images (DEMO_ARGS=--no-browser: print the address only)
	@echo "demo: JupyterLab opens notebooks/01_first_look.ipynb on this machine; Ctrl-C ends it"
	@$(LAB)

test: setup check .setup/chromium .setup/vscode/ready  ## everything: checks, TypeScript tests, Python tests, a real browser, the wheel, the notebooks
	@echo "test: TypeScript"
	@cd js && npm run --silent test
	@echo "test: Python"
	@CHROMIUM="$$(cat .setup/chromium)" $(RUN) pytest -n 2 --no-loadscope-reorder --ignore-glob='*/test_scale*.py' $(TEST_ARGS)
	@echo "test: Python, runs on a cluster, which want the machine to themselves"
	@$(RUN) pytest tests/unit/test_scale*.py $(TEST_ARGS)

oldest: setup  ## the tests of the kernel's side on the oldest packages that pyproject.toml allows (2 GB of them)
	@$(UV) venv --quiet --clear .setup/oldest
	@$(UV) pip install --quiet --python .setup/oldest --resolution lowest-direct -r pyproject.toml --group dev
	@PYTHONPATH=src .setup/oldest/bin/python -m pytest -n 2 --dist loadfile -p no:cacheprovider \
	  tests/protocol tests/unit tests/widget --ignore-glob='*/test_scale*.py' $(TEST_ARGS)

check: setup  ## lint, formatting and types of both languages, generated files up to date
	@echo "check: Python lint, formatting, types"
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) mypy --allow-untyped-calls bench/*.py
	@echo "check: js/src/protocol.gen.ts is what protocol/ prints"
	@$(RUN) python -m pointillist.protocol_ts | diff -u js/src/protocol.gen.ts - \
	  || { echo "stale: run  python -m pointillist.protocol_ts > js/src/protocol.gen.ts"; exit 1; }
	@echo "check: TypeScript types, lint, formatting"
	@cd js && npm run --silent types && npm run --silent lint
	@echo "check: notebooks carry no output"
	@$(RUN) nbstripout --keep-id --verify notebooks/*.ipynb

format: setup  ## put both languages into their format
	@$(RUN) ruff check --fix --quiet || true
	@$(RUN) ruff format
	@cd js && npm run --silent format
	@$(RUN) nbstripout --keep-id notebooks/*.ipynb

bench: setup  ## the speed figures of README; BENCH_ARGS goes to bench/start.py
	@$(RUN) python bench/start.py $(BENCH_ARGS)
	@echo
	@$(RUN) python -W ignore bench/embed.py

bench-frontend: setup .setup/chromium .setup/bench/ready  ## the map beside its peers in a real browser, half an hour (BENCH_ARGS='--points 100000 --runs 1': a quick look)
	@CHROMIUM="$$(cat .setup/chromium)" .setup/bench/env/bin/python bench/frontend/run.py $(BENCH_ARGS)

dev: setup $(DATA)/.ready  ## JupyterLab with hot reload: the bundle is rebuilt and the widget swapped when js/src changes
	@cd js && npm run --silent watch & trap "kill $$!" EXIT; \
	  ANYWIDGET_HMR=1 $(LAB)

clean:  ## remove what the other targets made (not the images in data/)
	rm -rf .setup .venv js/node_modules $(STATIC) dist

setup: $(BUNDLE) .setup/environment

.setup/node: js/package.json js/package-lock.json
	@command -v npm >/dev/null || { echo "setup: Node 20 or newer is needed, with npm: https://nodejs.org"; exit 1; }
	@echo "setup: node modules (npm ci)"
	@cd js && npm ci --silent --no-audit --no-fund
	@mkdir -p .setup && touch $@

$(BUNDLE): .setup/node $(JS_SOURCES)
	@echo "setup: the widget's bundle"
	@cd js && npm run --silent build
	@touch $@

.setup/environment: pyproject.toml uv.lock | $(BUNDLE)
	@echo "setup: the Python environment (uv sync; torch makes the first one large)"
	@$(UV) sync --locked --quiet
	@mkdir -p .setup && touch $@

.setup/chromium: .ci/chromium.sh
	@mkdir -p .setup && .ci/chromium.sh > $@

.setup/bench/ready: bench/frontend/requirements.txt | .setup/environment
	@echo "setup: an environment of their own for the widgets that ours is compared with"
	@$(UV) venv --quiet --clear --python .venv/bin/python .setup/bench/env
	@$(UV) pip install --quiet --python .setup/bench/env/bin/python -r $<
	@touch $@

# The manager alone: what it names as its dependencies is bundled in it, and is 350 MB.
.setup/vscode/ready: | .setup/node
	@echo "setup: VS Code's widget manager, and a kernel's connection for it (npm)"
	@mkdir -p .setup/vscode
	@npm install --silent --no-audit --no-fund --no-save --prefix .setup/vscode @jupyterlab/services@7.6.6 requirejs@2.3.8
	@cd .setup/vscode && npm pack --silent @vscode/jupyter-ipywidgets8@1.0.9 | xargs tar xzf
	@touch $@

$(DATA)/.ready: notebooks/get_images.py | .setup/environment
	@$(RUN) python notebooks/get_images.py "$(DATA)"
	@touch $@
