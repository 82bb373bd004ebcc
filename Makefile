# Two commands matter: `make run` and `make test`. Everything else is set up by them.
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: run test lint fuzz bench walk samples clean

run: $(VENV)/.run-ready
	$(PY) -m streamlit run app.py

test: $(VENV)/.dev-ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m pytest -n 2

lint: $(VENV)/.dev-ready
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/mypy

fuzz: $(VENV)/.dev-ready
	HYPOTHESIS_PROFILE=long $(PY) -m pytest -n 2 -m "not browser"

bench: $(VENV)/.dev-ready
	$(PY) -m benchmarks.run

walk: $(VENV)/.dev-ready
	mkdir -p docs/walk
	WALK_PICTURES=docs/walk $(PY) -m pytest tests/browser/test_walk.py

samples: $(VENV)/.run-ready
	$(PY) -m sample_data.generate

clean:
	rm -rf $(VENV) .boot .pytest_cache .ruff_cache .mypy_cache

# A minimal Debian has neither ensurepip nor a writable system pip: fall back to virtualenv.
$(PY):
	python3 -m venv $(VENV) || { rm -rf $(VENV); python3 -m pip install --quiet --target .boot virtualenv && PYTHONPATH=.boot python3 -m virtualenv --quiet $(VENV); }

$(VENV)/.run-ready: requirements.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.dev-ready: requirements.txt requirements-dev.txt | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $(VENV)/.run-ready $@
