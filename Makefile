# Everything that this repository can do for you. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A cron job or a container may run without HOME; Go's caches need one.
ifeq ($(strip $(HOME)),)
export HOME := $(shell getent passwd $$(id -u) | cut -d: -f6)
endif
# A checkout owned by another user must build too, so Go does not ask git.
export GOFLAGS := $(strip $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false)

GO           ?= go
VERSION      ?= $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY       := bin/ivalt-radius
LDFLAGS      := -s -w -X main.version=$(VERSION)
LINT_VERSION := v2.15.0
LINT         := bin/tools/golangci-lint-$(LINT_VERSION)
VULN_VERSION := v1.9.0
VULN         := bin/tools/govulncheck-$(VULN_VERSION)
NFPM_VERSION := v2.43.0
NFPM         := bin/tools/nfpm-$(NFPM_VERSION)
FUZZTIME     ?= 30s
BENCH        ?= .
BENCHTIME    ?= 1s
VECTORS      ?=

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the one static binary, bin/ivalt-radius
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) ./cmd/ivalt-radius

.PHONY: demo
demo: build ## play six logins against a rehearsal cloud and show what became of them
	@$(GO) run ./test/demo -stay $(or $(STAY),0s)

.PHONY: test
test: ## vet, every test with the race detector, then the real RADIUS clients
	@test/scripts/test.sh
	@test/scripts/interop.sh

.PHONY: interop
interop: ## log in with radclient, pyrad, PAM, a real OpenVPN server and client, ocserv and openconnect; the window in Chromium; several nodes on a real Redis
	@test/scripts/interop.sh

.PHONY: check
check: lint house docs-check tidy-check ## lint, house rules, generated docs in sync, go.mod tidy

.PHONY: tidy-check
tidy-check: ## fail where go.mod is not tidy
	$(GO) mod tidy -diff

.PHONY: lint
lint: $(LINT) ## run the pinned golangci-lint
	$(LINT) run ./...

.PHONY: fmt
fmt: $(LINT) ## format the code as lint wants it
	$(LINT) fmt ./...

.PHONY: house
house: ## import directions, sizes, words, docs that execute
	$(GO) test -count=1 ./test ./test/docs

.PHONY: docs
docs: ## write the generated documents anew
	$(GO) generate ./...

.PHONY: docs-check
docs-check: ## fail where a generated document differs from the code
	@test/scripts/docs-check.sh

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@FUZZTIME=$(FUZZTIME) test/scripts/fuzz.sh

.PHONY: cover
cover: ## statement coverage a package; policy, auth, directory, radius and ivalt need 90 %
	@test/scripts/cover.sh

.PHONY: bench
bench: build ## micro benchmarks, then the whole server beside its baselines
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem $$($(GO) list ./... | grep -v '/test')
	@$(GO) build -o bin/bench ./test/bench && bin/bench -out docs/performance.md -plot docs/performance.svg

.PHONY: simulate-load
simulate-load: ## rehearse crowds of logins at the API's limits beside fixed intervals; writes docs/ivalt-load.md and its plot
	$(GO) test -count=1 -v -timeout=30m -run '^TestSimulateLoad$$' ./test/load -write '$(abspath docs)'

.PHONY: model
model: ## play ten thousand random worlds of people, attackers and outages against the whole way of a login
	$(GO) test -count=1 -v -timeout=30m -run '^TestModel$$' ./test/model -rapid.checks=2000

.PHONY: crash
crash: ## kill -9 the server under load, ROUNDS (200) times, and look that no accepted login is missing in the trail
	KILL_ROUNDS=$(or $(ROUNDS),200) $(GO) test -count=1 -v -timeout=60m -run '^TestKillUnderLoad$$' ./test/blackbox

.PHONY: hammer
hammer: ## shake three nodes on one memory for HAMMER (1h): retries, kills, partitions, restarts; HAMMER_SEED=n HAMMER_MEMORY=redis|sentinel
	HAMMER=$(or $(HAMMER),1h) $(GO) test -tags interop -count=1 -v -timeout=0 -run '^TestHammer$$' ./test/cluster/nodes

.PHONY: soak
soak: ## leave the server under mixed load with faults for SOAK (1h) and look that nothing grows; SOAK_SEED=n; WRITE=docs writes the page
	@mkdir -p bin
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/soak-server ./cmd/ivalt-radius
	SOAK=$(or $(SOAK),1h) BLACKBOX_BINARY='$(abspath bin/soak-server)' nice -n 5 $(GO) test -tags soak -count=1 -v -timeout=0 -run '^TestSoak$$' ./test/soak \
		-keep '$(abspath bin/soak.json)' $(if $(WRITE),-write '$(abspath $(WRITE))')

.PHONY: soak-page
soak-page: ## write docs/soak.md's figures and its plot from FROM (bin/soak.json), which the last soak left
	$(GO) test -tags soak -count=1 -v -run '^TestSoak$$' ./test/soak -from '$(abspath $(or $(FROM),bin/soak.json))' -write '$(abspath docs)'

.PHONY: bench-cluster
bench-cluster: ## measure what a shared memory costs: delay, operations of Redis, logins a second, take-over; writes bin/cluster.md
	@mkdir -p bin
	$(GO) test -tags interop -count=1 -v -timeout=60m -run '^TestFigures$$' ./test/cluster/nodes -figures '$(abspath bin)/cluster.md'

.PHONY: screenshots
screenshots: ## take the pictures of docs/window anew, in Chromium, of a made-up site
	@mkdir -p docs/window
	$(GO) test -tags interop -count=1 -timeout=10m -run '^TestScreenshots$$' ./test/browser -screenshots '$(abspath docs/window)'

.PHONY: conformance
conformance: ## replay a folder of test vectors, every row of every file: make conformance VECTORS=dir
	@[ -n '$(VECTORS)' ] || { echo 'make conformance: nothing is replayed: say where the vectors are: make conformance VECTORS=dir' >&2; exit 2; }
	@[ -d '$(VECTORS)' ] || { echo 'make conformance: nothing is replayed: VECTORS=$(VECTORS) is no folder' >&2; exit 2; }
	@CONFORMANCE_VECTORS='$(abspath $(VECTORS))' $(GO) test -count=1 -v -tags conformance -run '^TestConformance' ./radius ./directory/upstream ./directory/mschap | sed '/^=== /d'

.PHONY: vuln
vuln: ## known vulnerabilities of what the binary calls: VULNDB=dir|url names another database than vuln.go.dev
	@test/scripts/vuln.sh

.PHONY: vuln-tool vuln-tool-path
vuln-tool: $(VULN)
vuln-tool-path:
	@echo $(VULN)

$(VULN):
	@mkdir -p bin/tools
	@GOBIN='$(abspath bin/tools)' GOFLAGS= $(GO) install golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION)
	@mv bin/tools/govulncheck $@

.PHONY: release-check
release-check: ## the checklist of docs/releasing.md, point by point: RELEASE=v1.2.3, ONLY='changelog licences'
	@test/scripts/release.sh

.PHONY: packages
packages: $(NFPM) ## deb, rpm, apk and tar.gz for amd64 and arm64 into dist/, with SBOMs and SHA256SUMS
	@VERSION='$(VERSION)' NFPM='$(NFPM)' packaging/build.sh

.PHONY: sign
sign: ## sign dist/SHA256SUMS with gpg: make sign KEY=FINGERPRINT
	@KEY='$(KEY)' packaging/sign.sh

.PHONY: test-packages
test-packages: $(NFPM) ## build the packages twice, install, upgrade, remove and purge them in a Debian tree, judge the unit, run an image
	@NFPM='$(abspath $(NFPM))' test/packages/run.sh

.PHONY: tools
tools: $(LINT) $(VULN) $(NFPM) ## install the pinned tools into bin/tools

$(LINT):
	@mkdir -p bin/tools
	@found=$$(command -v golangci-lint || echo "$$($(GO) env GOPATH)/bin/golangci-lint"); \
	if "$$found" version 2>/dev/null | grep -qF 'version $(LINT_VERSION) '; then ln -sf "$$found" $@; \
	elif "$$found" version 2>/dev/null | grep -qF 'version $(LINT_VERSION:v%=%) '; then ln -sf "$$found" $@; \
	else echo 'installing golangci-lint $(LINT_VERSION) (a few minutes, once)'; \
		GOBIN='$(abspath bin/tools)' GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION); \
		mv bin/tools/golangci-lint $@; fi

$(NFPM):
	@mkdir -p bin/tools
	@echo 'installing nfpm $(NFPM_VERSION) (a minute, once)'
	@GOBIN='$(abspath bin/tools)' GOFLAGS= $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM_VERSION)
	@mv bin/tools/nfpm $@

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf bin dist coverage.out coverage.part
