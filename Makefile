# Every way of working with Amends, as commands. Needs python3 >= 3.11 with venv, and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo run test test-browser check bench rivals eval learn fuzz chaos soak clean

demo: .venv/ready  ## the whole system on sample reviews
	$(BIN)/amends demo

run: .venv/ready  ## the flows once, in the foreground, on the data in ./data
	$(BIN)/amends run all --data data

test: .venv/ready  ## every test
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

test-browser: .venv/ready  ## the console in Debian's Chromium, on a phone's width and a desk's
	$(BIN)/pytest tests/browser

check: .venv/ready  ## format, lint, types, arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready  ## the figures we claim, each beside its floor
	$(BIN)/python -m benchmarks

rivals:  ## what the figures are compared with, in a venv of its own
	$(PYTHON) benchmarks/rivals.py

eval: .venv/ready  ## how right the judgements are: tables of confusion on labelled texts
	$(BIN)/python -m benchmarks.evaluate

learn:  ## what weighs replies and harm, learned anew from benchmarks/labelled: VECTORS=FILE
	test -d .venv-learn || $(PYTHON) -m venv .venv-learn
	.venv-learn/bin/python -m pip install -q -r benchmarks/learn.txt
	.venv-learn/bin/python -m benchmarks.learn --vectors $(VECTORS)
	.venv-learn/bin/python -m benchmarks.learn_harm --vectors $(VECTORS)

fuzz: .venv/ready  ## ten minutes of hostile texts through both judges
	$(BIN)/python -m benchmarks.fuzz --minutes 10

chaos: .venv/ready  ## three thousand kills, and what became of each message
	$(BIN)/python -m benchmarks.chaos --kills 3000

soak: .venv/ready  ## what takes too long for every day
	$(BIN)/python -m benchmarks.month --long
	$(BIN)/python -m benchmarks.steady
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.model
	$(BIN)/python -m benchmarks.sweepers
	$(BIN)/python -m benchmarks.flood
	$(BIN)/python -m benchmarks.year

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Amends needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*p['dependencies'], *p['optional-dependencies']['dev'], sep='\n')" > .venv/wanted.txt
	$(PIP) -c constraints.txt -r .venv/wanted.txt hatchling editables
	$(PIP) --no-build-isolation --no-deps -e .
	touch $@

clean:
	rm -rf .venv demo-data
