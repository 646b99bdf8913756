# make run     set up, and open the app (PORT=8600 chooses the port)
# make test    set up, check the code, run every test (with CI=true the long simulations too)
# make check   style, types and layers          make fix        what of it can be mended by itself
# make truth   the long simulations, at most 40 minutes
# make fuzz     hostile files for 10 minutes (FUZZ_MINUTES=1 for less); what it finds is kept in tests/hostile/corpus
# make bench      speed beside bare tools, on a million deals (BENCH_DEALS=100000 for fewer, BENCH_ROWS for the large file); kept in benchmarks/README.md
# make translate   collect the sentences to translate into locales/
# make lock        after a change of requirements: install anew and pin what they bring along

PY := .venv/bin/python
SOURCES := app.py pages ui analytics data

.PHONY: run test check fix truth fuzz bench translate lock chromium

run: .venv/run
	STREAMLIT_SERVER_PORT=$${PORT:-$${STREAMLIT_SERVER_PORT:-8501}} $(PY) -m streamlit run app.py

test: check chromium
	$(PY) -m pytest -n auto --dist loadgroup
	@if [ "$$CI" = true ]; then $(MAKE) truth; fi

check: .venv/dev
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

fix: .venv/dev
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# pytest ends with 5 where no test is marked.
truth: .venv/dev
	$(PY) -m pytest -n auto --dist loadgroup -m truth || [ $$? -eq 5 ]

fuzz: .venv/dev
	$(PY) -m tests.fuzz

bench: .venv/dev .venv-bench/done .venv-bench-lifetimes/done chromium
	$(PY) -m benchmarks --deals $${BENCH_DEALS:-1000000} $${BENCH_ROWS:+--rows $$BENCH_ROWS} --keep

# Apart from the app's own: the peer brings along packages that change how its types are checked.
.venv-bench/done: requirements-bench.txt constraints.txt
	@$(PY) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r requirements-bench.txt
	@touch $@

# Another one: this peer needs pandas below 3.
.venv-bench-lifetimes/done: requirements-bench-lifetimes.txt
	@$(PY) -m venv .venv-bench-lifetimes
	@.venv-bench-lifetimes/bin/python -m pip install -q --disable-pip-version-check -r requirements-bench-lifetimes.txt
	@touch $@

# The app compiles the catalogues in memory, so there are only .po files to keep.
translate: .venv/dev
	@mkdir -p locales
	$(PY) -m babel.messages.frontend -q extract --no-default-keywords -k _ -k N_ -k say -k n_:1,2 -k say_n:1,2 -k N_n:1,2 \
	  --add-comments "Translators:" --strip-comments --add-location file --sort-by-file --omit-header \
	  -o locales/messages.pot $(SOURCES)
	$(PY) -m babel.messages.frontend -q update --init-missing --no-fuzzy-matching --ignore-obsolete \
	  --ignore-pot-creation-date -l he -i locales/messages.pot -d locales

lock:
	rm -rf .venv
	@echo "# What a clean install of requirements-dev.txt resolved to; written by make lock." > constraints.txt
	@$(MAKE) .venv/dev
	@$(PY) -m pip freeze >> constraints.txt
	@touch .venv/run .venv/dev

chromium: .venv/dev
	@$(PY) scripts/chromium.py

# Stamps: what is installed is done again when what it came from changes, or when its Python is gone.
ifneq ($(shell $(PY) -c 'print(1)' 2>/dev/null),1)
.PHONY: .venv/run .venv/dev
endif

.venv/run: requirements.txt constraints.txt
	@sh scripts/venv.sh
	@echo "Setting up .venv (a minute or two, this time only)"
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@
