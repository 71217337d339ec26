# smpp-connector. `make` alone lists the targets.

GO     ?= go
MODULE := github.com/ghasi/smpp-connector
TOOLS  := testkit/tools

# What tests need of Debian, as package:command. postgres is looked for in Debian's
# own folder too. To add one is to add it here.
DEBIAN := postgresql:postgres redis-server:redis-server gcc:gcc tshark:tshark libnet-smpp-perl:Net::SMPP nodejs:node npm:npm chromium:chromium prometheus:promtool

# Where goroutines meet: these tests run a second time under the race detector in
# `make test`. The codec, the contracts and the programs wait for `make check`.
RACED ?= ./actors/... ./infra/... ./testkit/...

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.buildVersion=$(VERSION) -X main.buildCommit=$(COMMIT)

# Of the image: the time that its files are of, and the platforms, with commas between them.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
PLATFORMS         ?= linux/$(shell $(GO) env GOARCH)

# FUZZTIME is for each fuzz target; BENCH selects benchmarks; SEED 0 draws one and prints it.
FUZZTIME     ?= 10s
BENCH        ?= .
SOAK_MINUTES ?= 10
SEED         ?= 0

.PHONY: list
list: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: ## see it work: connector, simulator and real messages in one process
	$(GO) run ./cmd/smpp-connector demo

.PHONY: build
build: ## bin/smpp-connector and bin/smsc, with the version in them
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: image
image: ## the container image as an OCI archive in dist/, without a daemon (PLATFORMS=linux/amd64,linux/arm64)
	cd $(TOOLS) && $(GO) run ./image -version '$(VERSION)' -commit '$(COMMIT)' -created '$(SOURCE_DATE_EPOCH)' \
	  -platforms '$(PLATFORMS)' -out ../../dist/smpp-connector-'$(VERSION)'.oci.tar

.PHONY: npm
npm: ## the segment counter as an npm package, packed in dist/
	@GO='$(GO)' codec/segment/npm/pack dist

.PHONY: test
test: needs ## every test, against real PostgreSQL, Redis and NATS
	$(GO) test -timeout 20m ./...
	$(GO) test -timeout 20m -race $(RACED)
	@if [ -f $(TOOLS)/go.mod ]; then set -x; cd $(TOOLS) && $(GO) test -count=1 -timeout 20m ./...; fi

.PHONY: needs
needs: ## install what tests need of Debian, or say how to
	@.ci/needs $(DEBIAN)

.PHONY: static
static: ## gofmt, vet, staticcheck, import rules
	@wrong=$$(gofmt -l .); [ -z "$$wrong" ] || { echo "not formatted, run gofmt -w:"; echo "$$wrong"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test ./testkit
	@if [ -f $(TOOLS)/go.mod ]; then set -x; cd $(TOOLS) && $(GO) vet ./...; fi

.PHONY: licences
licences: ## the licence of every module that is linked, and an error for one that is not allowed
	cd $(TOOLS) && $(GO) run ./licences

.PHONY: advisories
advisories: ## known advisories that reach our code, where the database can be reached
	@GO='$(GO)' .ci/advisories

.PHONY: check
check: needs static ## static, then every test under the race detector, then each fuzz target for FUZZTIME
	$(GO) test -race -timeout 15m ./...
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## benchmarks (BENCH=regexp selects)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./...

.PHONY: soak
soak: needs ## the long proofs: kills, outages, lost answers, random lives (SOAK_MINUTES=10 are the issues' figures, SEED)
	SOAK_MINUTES=$(SOAK_MINUTES) SEED=$(SEED) $(GO) test -v -count=1 -p 1 -run Soak -timeout $$(( $(SOAK_MINUTES) * 2 + 10 ))m ./...

.PHONY: generate
generate: ## make the generated code again
	cd $(TOOLS) && $(GO) run ./generate && $(GO) run ./monitoring
