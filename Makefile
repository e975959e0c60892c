# The only commands a newcomer needs. Each sets up what it needs first, and takes a blink where that is done.

PYTEST_ARGS ?=
BIN := .venv/bin
# Asked for some tests by name, one of two runs may have none of them (pytest's exit status 5).
NONE_IS_FINE = { [ $$? -eq 5 ] && [ -n "$(PYTEST_ARGS)" ]; }
NPM := $(BIN)/python web/frontend/build_backend/frontend_build.py npm

# Bytecode is kept, whatever the environment says: the set-up compiles nothing ahead, and each process would anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run quick test test-python test-homeassistant check bench chaos cluster gallery fuzz faults clean

run: ## the product with a demo client and a simulated meter: http://localhost:3001/
	@scripts/setup.sh run
	@exec $(BIN)/wattline up --demo

QUICK := tests/unit tests/contract/test_store.py \
	$(addprefix tests/contract/test_store_,conversation.py inbox.py bridge.py entries.py episodes.py files.py registry.py search.py) \
	tests/e2e/test_conversation.py::test_a_client_and_an_agent_chat

quick: ## two minutes for daily work: units, the store's contract on SQLite, TypeScript, one conversation in a browser
	@scripts/setup.sh test
	@status=0; \
	$(NPM) --silent test || status=1; \
	$(BIN)/python -m pytest -n 3 --dist worksteal -k "not postgres" $(QUICK) $(PYTEST_ARGS) || $(NONE_IS_FINE) || status=1; \
	exit $$status

# Tests wait for no disk where /dev/shm has 8 GB: kill -9 loses nothing there either, and no test cuts the power.
# df tells the limit of /dev/shm alone; the memory behind it must be available too.
MEMORY := $(shell grep -qs ' /dev/shm .*noexec' /proc/mounts || \
	{ df --output=avail -k /dev/shm; grep MemAvailable /proc/meminfo; } 2>/dev/null | \
	awk '($$1 == "MemAvailable:" ? $$2 : $$1) + 0 > 8000000 { fits++ } END { if (fits == 2) print "TMPDIR=/dev/shm" }')

# Collecting every module takes 10 s: the second run has those with such tests, unless some are asked for by name.
ALONE = $(if $(PYTEST_ARGS),,$(shell grep -rl --include='*.py' mark.alone tests))

# Three at a time where tests only wait for facts (two leave two cores idle for a third of the time); one at a time where
# they measure.
test: ## every test, in Python and in TypeScript; fails when any does
	@scripts/setup.sh test
	@status=0; \
	$(NPM) --silent test || status=1; \
	$(MEMORY) $(BIN)/python -m pytest -n 3 --dist worksteal -m "not alone and not chaos and not bench and not abuse and not homeassistant" $(PYTEST_ARGS) || $(NONE_IS_FINE) || status=1; \
	$(BIN)/python -m pytest -m "alone and not chaos and not bench and not abuse and not homeassistant" $(ALONE) $(PYTEST_ARGS) || $(NONE_IS_FINE) || status=1; \
	exit $$status

# Where Python itself may differ: processes and their ends, the contract on SQLite, and units. PYTHON=… says which one.
test-python: ## those tests on another Python, PYTHON=/usr/bin/python3 say, in an environment of its own
	@scripts/setup.sh test-python
	.venv-other/bin/python -m pytest -n 3 --dist worksteal -m "not alone and not chaos and not bench and not abuse and not homeassistant" \
		-k "not postgres and not prose" tests/unit $(addprefix tests/contract/test_store,.py _conversation.py _inbox.py _bridge.py) \
		tests/integration/test_supervisor.py tests/integration/test_web_process.py tests/integration/test_broken_setups.py $(PYTEST_ARGS)

test-homeassistant: ## examples/homeassistant in a real Home Assistant, installed in an environment of its own
	@scripts/setup.sh test-homeassistant
	$(BIN)/python -m pytest -m homeassistant $(PYTEST_ARGS)

check: ## format, lint, types, layers
	@scripts/setup.sh check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) --silent run check

bench: ## numbers: how fast a message and its tick are, also beside other chats
	@scripts/setup.sh bench
	$(BIN)/python -m pytest -m bench -s $(PYTEST_ARGS)

chaos: ## kills and cuts, while people chat; CLUSTER=1: of any part of a cluster
	@scripts/setup.sh test
	$(BIN)/python -m pytest -m chaos $(if $(CLUSTER),tests/chaos/test_cluster.py -s) $(PYTEST_ARGS)

cluster: ## three hosts of everything, without a single point of failure, to try: http://localhost:3001/ (needs root)
	@scripts/setup.sh test
	@exec $(BIN)/python -m tests.real.cluster

gallery: ## docs/gallery.html: a picture of every state of every view; axe on each, in both themes and languages
	@scripts/setup.sh test
	WATTLINE_GALLERY=docs $(BIN)/python -m pytest -n 3 tests/e2e/test_gallery.py $(PYTEST_ARGS)

fuzz: ## a minute and 100,000 packets of nonsense at each listener of each broker
	@scripts/setup.sh test
	FUZZ_PACKETS=100000 FUZZ_S=60 $(BIN)/python -m pytest tests/abuse/test_fuzz.py -m "" -s $(PYTEST_ARGS)
	$(BIN)/python -m pytest tests/conformance -m abuse -s $(PYTEST_ARGS)

faults: ## what amqtt does wrong as it comes, and the guarded broker does not
	@scripts/setup.sh test
	$(BIN)/python -m pytest tests/abuse/test_faults.py -m abuse $(PYTEST_ARGS)

clean: ## all that these commands made here; data/ stays
	rm -rf .venv .venv-other build web/static/dist web/frontend/node_modules *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
