# make help says what there is. Every target sets up all that it needs: libtorch
# and the data go into a cache of yours outside the checkout (NETC_CACHE moves it).

PYTHON ?= python3
CARGO ?= cargo
# Cargo.lock is what was tested; an empty CARGOFLAGS lets cargo change it.
CARGOFLAGS ?= --locked

# make train DATA=digits SEED=1 EPOCHS=2
DATA ?= elpv
SEED ?=
EPOCHS ?=
SPEC ?= $(if $(filter digits,$(DATA)),specs/lenet.spec,specs/alexnet.spec)

SETUP := $(PYTHON) src/torch/setup/setup.py
# cargo, with LIBTORCH set.
TORCH_CARGO := $(SETUP) run $(CARGO)
NETC = $(or $(CARGO_TARGET_DIR),target)/release/netc

.DEFAULT_GOAL := help
.PHONY: help train build setup data test test-setup bench fixtures exports lint clean tools

help:
	@echo 'make train    train the AlexNet of specs/alexnet.spec on photographs of solar cells'
	@echo '              DATA=digits (small, nothing to fetch but libtorch), DATA=folder,'
	@echo '              SPEC=file, SEED=number, EPOCHS=number'
	@echo 'make build    release binaries: target/release/netc and netc-torch'
	@echo 'make test     everything that checks netc'
	@echo 'make exports  exported programs and torchvision weights beside netc, in real Keras and PyTorch'
	@echo 'make bench    netc beside PyTorch, torchvision, ONNX shape inference, torchinfo and Keras'
	@echo 'make lint     rustfmt, clippy and rustdoc, warnings denied'
	@echo 'make setup    libtorch alone, for cargo to find'
	@echo 'make data     the photographs alone'
	@echo 'make clean    remove what was built; the cache stays ($(SETUP) status shows it)'

# The data names that are fetched; any other is netc's own or a path.
train: tools
	@echo 'netc: cargo fetches the Rust crates of Cargo.lock that are not there yet (20 MB in all, MIT, Apache-2.0, BSD and the like)'
	@$(SETUP) fetch libtorch $(filter elpv,$(DATA))
	$(TORCH_CARGO) build $(CARGOFLAGS) --release --workspace --bins
	$(NETC) check $(SPEC)
	$(NETC) show $(SPEC)
	$(NETC) train $(SPEC) --data $(DATA) $(if $(SEED),--seed $(SEED)) $(if $(EPOCHS),--epochs $(EPOCHS))

build: tools
	$(TORCH_CARGO) build $(CARGOFLAGS) --release --workspace --bins

setup: tools
	@$(SETUP) fetch libtorch

data: tools
	@$(SETUP) fetch elpv

test: test-setup
	$(TORCH_CARGO) test $(CARGOFLAGS) --workspace

test-setup: tools
	$(PYTHON) -B src/torch/setup/test_setup.py

# The numbers that the engine's tests compare netc with, from real Keras, PyTorch and Pillow; they are committed.
fixtures: tools
	@$(SETUP) python fixtures -- src/torch/tests/fixtures/make.py

# Exported programs in real Keras and PyTorch beside netc's own outputs. `make test` does it too, once this has run.
exports: tools
	NETC_FIXTURES_PYTHON="$$($(SETUP) python fixtures)" NETC_TORCHVISION_PYTHON="$$($(SETUP) python data)" \
	  $(TORCH_CARGO) test $(CARGOFLAGS) --workspace --test export --test torchvision -- --nocapture

bench: build
	@$(SETUP) python bench -- src/torch/benches/check.py --netc $(NETC)
	@$(SETUP) python bench -- src/torch/benches/instructions.py --netc $(NETC)
	@$(SETUP) python bench -- src/torch/benches/bench.py --netc $(NETC)
	@$(SETUP) python data -- src/torch/benches/data.py --netc $(NETC)

lint: tools
	$(CARGO) fmt --all --check
	$(TORCH_CARGO) clippy $(CARGOFLAGS) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(TORCH_CARGO) doc $(CARGOFLAGS) --workspace --no-deps

clean:
	$(CARGO) clean
	rm -f .cargo/libtorch.toml

tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' || { \
	  echo 'make: Python 3.9 or newer with pip is needed (Debian, Ubuntu: apt install python3 python3-pip)' >&2; exit 1; }
	@command -v $(firstword $(CARGO)) >/dev/null || { \
	  echo 'make: Rust is needed: see https://rustup.rs' >&2; exit 1; }
	@command -v $(firstword $(or $(CXX),c++)) >/dev/null || { \
	  echo 'make: a C++ compiler is needed (Debian, Ubuntu: apt install g++)' >&2; exit 1; }
