# multicluster-dns: what a contributor runs. `make` alone lists it.
#
# Needed: Go 1.21 or newer (it fetches the toolchain go.mod names), git and make. Nothing here needs root, a container engine
# or a download outside the Go module proxy.

GO         ?= go
CLUSTERS   ?= 2
export GOWORK := off

# What is compiled once serves all: everything is -trimpath, as the programs are. The compiler lives for seconds and may let its heap
# grow further than is usual (see CompilerEnvironment in test/lab).
COMPILING  := env GOGC=400 GOMEMLIMIT=3GiB
RUN        := $(GO) run -trimpath

BIN        := bin
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "; print "multicluster-dns: targets\n"} /^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2} \
	END {print "\nFirst time here? `make demo` shows the whole thing working; `make test` proves it."}' $(MAKEFILE_LIST)

##@ The two commands

.PHONY: demo
demo: go-version ## build what is missing, start real clusters, export a service and resolve it (CLUSTERS=3 for three)
	@GO='$(GO)' sh test/step.sh 'mcsctl' $(COMPILING) $(GO) build -trimpath -ldflags='-s -w' -o $(BIN)/mcsctl ./cmd/mcsctl
	@exec $(BIN)/mcsctl demo --clusters $(CLUSTERS)

.PHONY: test
test: go-version ## build what is missing and run the tests of every package; says what it ran and what it left out
	@GO='$(GO)' COMPILING='$(COMPILING)' sh test/test.sh

##@ Parts of them

.PHONY: build
build: go-version ## build what is missing into bin/: mcsctl, coredns, mcs-controller and the lab's Kubernetes
	@sh test/step.sh 'mcsctl' $(COMPILING) $(GO) build -trimpath -ldflags='-s -w' -o $(BIN)/mcsctl ./cmd/mcsctl
	@$(BIN)/mcsctl demo build

.PHONY: lab
lab: build ## the same; the Kubernetes programs take minutes the first time

.PHONY: test-unit
test-unit: go-version ## only the tests that start no control plane
	$(GO) test -trimpath -short ./...

.PHONY: test-scenarios
test-scenarios: build ## play the controller's scenarios between real clusters: sentence, clause, result
	$(GO) test -trimpath -count=1 -v ./test/scenarios

.PHONY: test-why
test-why: build ## break one thing after the other for real and hold mcsctl why to its causes and fixes
	$(GO) test -trimpath -count=1 -v ./test/why

.PHONY: bench-propagation
bench-propagation: build ## measure annotation -> answer over 50 exports, with where the time goes
	$(RUN) ./test/bench/propagation

.PHONY: bench-sync
bench-sync: build ## measure the controller at 10 members x 1,000 exports, then 40 x 250
	$(RUN) ./test/bench/sync

.PHONY: fuzz
fuzz: FOR ?= 10m
fuzz: go-version ## feed every parser whatever a fuzzer thinks of, one after another (FOR=10m for each)
	@GO='$(GO)' sh test/fuzz.sh $(FOR)

.PHONY: soak
soak: FOR ?= 15m
soak: build ## break a clusterset at random and hold it to its exports (FOR=15m, SEED=n to repeat a run)
	$(RUN) ./test/soak -for $(FOR) $(if $(SEED),-seed $(SEED))

.PHONY: bench-dns
bench-dns: build ## measure the plugin beside CoreDNS' own clusterset zones, on the same data
	$(RUN) ./test/bench/dns

##@ Upkeep

.PHONY: generate
generate: go-version ## regenerate CRDs, deep copies and the reference pages
	$(GO) generate ./...

.PHONY: verify
verify: go-version ## code is formatted and vetted
	@test -z "$$(gofmt -l cmd controller manifests plugin test)" || { gofmt -l cmd controller manifests plugin test; echo 'gofmt: run gofmt -w on the files above' >&2; exit 1; }
	$(COMPILING) $(GO) vet -trimpath ./...

.PHONY: lint
lint: go-version ## golangci-lint with the project's list (builds the linter the first time)
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

.PHONY: vulncheck
vulncheck: go-version ## look the dependencies up in the Go vulnerability database (needs the internet)
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

.PHONY: clean
clean: ## remove what was built and what the demo left
	rm -rf $(BIN) .demo

.PHONY: go-version
go-version:
	@$(GO) version >/dev/null 2>&1 || { echo 'make: no Go found: install Go 1.21 or newer from https://go.dev/dl/' >&2; exit 1; }
	@$(GO) version | awk '{split(substr($$3, 3), v, "."); exit !(v[1] > 1 || v[2] >= 21)}' || \
		{ echo "make: $$($(GO) version) is too old: Go 1.21 or newer fetches the toolchain this project needs by itself" >&2; exit 1; }
