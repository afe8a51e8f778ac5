# Everything a developer types. `.ci/run` calls `lint` and `test`; nothing here is done differently elsewhere.

CARGO ?= cargo
# Where cargo builds to; some share one folder among projects.
CARGO_TARGET_DIR ?= target
# For trying out: webhooks sent to `make run` are signed with this.
APP_SECRET ?= try-me
VERIFY_TOKEN ?= try-me
STORE ?= file:$(CURDIR)/target/run/sendgate.redb

# Fault runs of `make soak`, and the seed of the first.
SOAK_RUNS ?= 200
SOAK_SEED ?= 1

.PHONY: run test soak redis-server prometheus faketime lint fmt bench doc proto clean help

help: ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

run: ## Build and start the sidecar on its embedded store
	$(CARGO) build --locked --bin sendgate
	@echo
	@echo "gRPC on 127.0.0.1:7070, HTTP on 127.0.0.1:7071, contacts in $(STORE). In another terminal:"
	@echo
	@echo "  $(CARGO_TARGET_DIR)/debug/sendgate check 15550001111 +4915112345678 --category utility"
	@echo "  curl -s localhost:7071/v1/checkSend -d '{\"sender\":\"15550001111\",\"recipient\":\"+4915112345678\",\"category\":\"CATEGORY_UTILITY\",\"kind\":\"MESSAGE_KIND_TEMPLATE\"}'"
	@echo
	@echo "Webhooks are taken at http://127.0.0.1:7071/webhooks/whatsapp, signed with the app secret '$(APP_SECRET)'. Ctrl-C stops."
	@echo
	@SENDGATE_WEBHOOK_APP_SECRETS='$(APP_SECRET)' SENDGATE_WEBHOOK_VERIFY_TOKEN='$(VERIFY_TOKEN)' \
		$(CARGO_TARGET_DIR)/debug/sendgate serve --store '$(STORE)'

test: redis-server prometheus ## Run every test
	$(CARGO) test --locked --lib --bins --tests

soak: redis-server faketime ## Run real sidecars while things fail, SOAK_RUNS times from SOAK_SEED
	SOAK_RUNS=$(SOAK_RUNS) SOAK_SEED=$(SOAK_SEED) $(CARGO) test --locked --test it -- --ignored --exact --nocapture chaos::soak

# Tests start Redis servers of their own, and never talk to one that is there already.
redis-server:
	@command -v redis-server >/dev/null || { \
		sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
		if command -v apt-get >/dev/null && { test -z "$$sudo" || command -v sudo >/dev/null; }; then \
			echo "redis-server is not there; installing it with apt-get"; \
			$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive \
				apt-get install -q -y --no-install-recommends redis-server; \
		fi; \
		command -v redis-server >/dev/null || { \
			echo "tests need redis-server 7.0 or newer, which cannot be installed here: install it and run again" >&2; \
			exit 1; \
		}; \
	}

# Tests check rules and dashboard with promtool and a Prometheus of their own. The package starts one as a service where there
# are services, on a port that no test uses.
prometheus:
	@{ command -v promtool && command -v prometheus; } >/dev/null || { \
		sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
		if command -v apt-get >/dev/null && { test -z "$$sudo" || command -v sudo >/dev/null; }; then \
			echo "prometheus is not there; installing it with apt-get"; \
			$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive \
				apt-get install -q -y --no-install-recommends prometheus; \
		fi; \
		{ command -v promtool && command -v prometheus; } >/dev/null || { \
			echo "tests need prometheus and promtool 2.42 or newer, which cannot be installed here: install them and run again" >&2; \
			exit 1; \
		}; \
	}

# Clocks that differ; without it the runs say that they are left out.
faketime:
	@ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || { \
		sudo=; test "$$(id -u)" = 0 || sudo=sudo; \
		command -v apt-get >/dev/null && { test -z "$$sudo" || command -v sudo >/dev/null; } && \
			$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends faketime; \
	} || echo "libfaketime cannot be installed here; clocks that differ are left out"

lint: ## Formatting, clippy, documentation and the contract, all warnings as errors
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items

fmt: ## Format
	$(CARGO) fmt

bench: ## Run the benchmarks
	$(CARGO) bench --locked

doc: ## Build the documentation
	$(CARGO) doc --locked --no-deps

proto: ## Lint the contract with buf (from the npm registry)
	npm exec --yes --package=@bufbuild/buf@1.75.0 -- sh -c 'cd proto && buf lint'

clean: ## Remove what was built
	$(CARGO) clean
