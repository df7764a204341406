# make help lists the targets. Needed: Go, gcc with the C library's static
# archive (Debian: gcc libc6-dev) and GNU make; everything else is fetched by Go.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

GO        ?= go
IMAGE     ?= loan-model-api:latest
FUZZTIME  ?= 30s
BENCH     ?= .
BENCHFLAGS ?=
SOAKFLAGS ?=
BENCHTIME ?= 1s

# The build: the same as in .promu.yml, which deploy/test/build compares.
BINARY    := drift_exporter
TAGS      ?=
PLATFORMS := linux/amd64 linux/arm64
comma     := ,
BUILD_TAGS := netgo,osusergo,sqlite_omit_load_extension,static_build$(if $(TAGS),$(comma)$(TAGS))
FLAGS     := -trimpath -buildvcs=false
VERSION   := $(shell cat VERSION)
REVISION   = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH     = $(shell git rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
BUILD_USER = $(shell whoami)@$(shell hostname)
# The date is the commit's, so that building a commit twice gives one binary.
EPOCH      = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || date +%s))
BUILD_DATE = $(shell date -u -d @$(EPOCH) +%Y%m%d-%H:%M:%S)
PACKAGE   := github.com/prometheus/common/version
# -w leaves out what only a debugger reads, a fifth of the binary: stack traces
# and profiles do not need it.
LDFLAGS    = -w -X $(PACKAGE).Version=$(VERSION) \
	-X $(PACKAGE).Revision=$(REVISION) \
	-X $(PACKAGE).Branch=$(BRANCH) \
	-X $(PACKAGE).BuildUser=$(BUILD_USER) \
	-X $(PACKAGE).BuildDate=$(BUILD_DATE) \
	-extldflags '-static'
# Without this SQLite syncs with fsync, which also waits for the file's time of
# change to reach the file system's journal.
export CGO_CFLAGS := $(or $(CGO_CFLAGS),-O2 -g) -DHAVE_FDATASYNC=1
GO_BUILD   = CGO_ENABLED=1 $(GO) build $(FLAGS) -tags $(BUILD_TAGS) -ldflags "$(LDFLAGS)"

GOLANGCI_VERSION := 2.15.0
GOLANGCI         := .build/bin/golangci-lint-$(GOLANGCI_VERSION)

.PHONY: build
build: ## build ./drift_exporter, static, for this machine; TAGS=nobigquery,noclients leaves out the clients of Google, and of databases, Kafka, RabbitMQ and S3
	$(GO_BUILD) -o $(BINARY) .

.PHONY: test
test: ## run every test; TESTFLAGS=-v
	$(GO) test $(TESTFLAGS) ./...

.PHONY: lint
lint: $(GOLANGCI) ## check formatting, golangci-lint, which runs go vet, and go.mod
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		printf 'not formatted, run gofmt -w on:\n%s\n' "$$unformatted"; exit 1; fi
	$(GO) mod tidy -diff
	$(GOLANGCI) run ./...

.PHONY: kill
kill: ## kill the migration of a log 20 times at random moments, and shipping of 100,000 rows 10 times; KILLS=200
	PREDICTIONLOG_TEST_KILLS=$(or $(KILLS),20) $(GO) test ./predictor/predictionlog/sqlite -run TestAKilledMigration -count=1 -v
	BIGQUERY_TEST_ROWS=100000 $(GO) test ./predictor/ship/bigquery -run TestEveryRowArrivesOnceWhoeverIsKilled -count=1 -v

.PHONY: outcomes-kill
outcomes-kill: kafka ## kill the outcomes process 10 times and its server 3 times while it reads 100,000 outcomes, for each kind of source: 15 minutes
	OUTCOMES_TEST_RECORDS=100000 $(GO) test ./deploy/test/e2e -run TestOutcomesArriveOnceWhoeverIsKilled -count=1 -v -timeout=40m

.PHONY: bench
bench: build ## measure every promise about speed next to its floor, under 10 minutes; BENCHFLAGS='-run=durable -rounds=7'
	@mkdir -p .build/bin
	@$(GO) build -o .build/bin/bench ./deploy/test/bench
	@.build/bin/bench -binary=./$(BINARY) $(BENCHFLAGS)
	@echo; echo 'Also in .build/bench.md; deploy/test/bench/README.md says what each line means'

.PHONY: soak
soak: build ## run predictor and exporter together at full speed for 10 minutes and judge what grows; SOAKFLAGS='-time=1h'
	@mkdir -p .build/bin
	@$(GO) build -o .build/bin/soak ./deploy/test/soak
	@.build/bin/soak -binary=./$(BINARY) $(SOAKFLAGS)
	@echo; echo 'Also in .build/soak.md; deploy/test/soak/README.md says what each column means'

.PHONY: fleet-equal
fleet-equal: ## compare an exporter over 100,000 rows of 5 logs in an emulator of BigQuery with one over one log: every metric, at 20 instants
	FLEET_TEST_ROWS=100000 $(GO) test ./collector/fleet -run TestFiveLogsInBigQuery -count=1 -v -timeout=30m

.PHONY: fleet
fleet: ## measure an exporter over 20 logs of 20 million rows in an emulator of BigQuery: half an hour; FLEETFLAGS='-logs=80'
	@mkdir -p .build/bin
	@$(GO) build -o .build/bin/fleet ./deploy/test/fleet
	@.build/bin/fleet $(FLEETFLAGS)
	@echo; echo 'Also in .build/fleet.md; deploy/FLEET.md says what each column means'

.PHONY: microbench
microbench: ## run the Go benchmarks of the parts and print a table; BENCH=regexp BENCHTIME=1s
	@mkdir -p .build
	@$(GO) test -run '^$$' -vet=off -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem \
		$$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u) > .build/microbench.txt || { cat .build/microbench.txt; exit 1; }
	@awk -f .ci/bench.awk .build/microbench.txt
	@echo; echo 'Raw results for benchstat: .build/microbench.txt'

.PHONY: demo
demo: build ## everything at once on a fresh temporary log; prints where to look
	./$(BINARY) demo

.PHONY: golden
golden: ## rewrite the golden files of the tests that have an -update flag
	@packages=$$(grep -rlE --include='*_test.go' 'flag\.Bool\("update"' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$packages" ]; then echo 'no test has an -update flag'; exit 1; fi; \
	set -x; $(GO) test $$packages -update

.PHONY: docs
docs: ## rewrite the generated pages of deploy/docs
	$(GO) test ./deploy/docs -update

.PHONY: dashboards
dashboards: ## regenerate the dashboards of deploy/grafana
	$(GO) run ./deploy/grafana

.PHONY: calibrate
calibrate: ## simulate what the statistics promise and write CALIBRATION.md of collector/drift and collector/risk: an hour
	@mkdir -p .build
	$(GO) run ./collector/drift/calibrate > .build/CALIBRATION.md
	mv .build/CALIBRATION.md collector/drift/CALIBRATION.md
	$(GO) run ./collector/risk/calibrate > .build/CALIBRATION.md
	mv .build/CALIBRATION.md collector/risk/CALIBRATION.md
	DRIFT_TEST_MONTHS=10 $(GO) test -timeout=2h -v -run=OfEveryType ./collector/drift

.PHONY: screenshots
screenshots: ## write the pictures of the pages in the documents, with Chromium: deploy/docs/page*.png, review.png
	SCREENSHOTS=$(abspath deploy/docs) $(GO) test ./collector/page ./predictor/outcomes/review -run 'TestScreenshots|TestInABrowser/screenshots' -count=1

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME=30s
	@$(GO) test -list '^Fuzz' ./... | \
	awk '/^Fuzz/ { targets[++n] = $$1 } $$1 == "ok" { for (i = 1; i <= n; i++) print $$2, targets[i]; n = 0 }' | \
	while read -r package target; do \
		echo "$$package $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package" < /dev/null; \
	done

.PHONY: crossbuild
crossbuild: $(PLATFORMS:%=crossbuild/%) ## build .build/OS-ARCH/drift_exporter for every platform of a release

# Debian names the compilers alike whichever machine they run on; the machine's
# own is plain gcc, so that what make build has compiled is not compiled again.
COMPILER/linux/amd64 := x86_64-linux-gnu-gcc
PACKAGES/linux/amd64 := gcc-x86-64-linux-gnu libc6-dev-amd64-cross
COMPILER/linux/arm64 := aarch64-linux-gnu-gcc
PACKAGES/linux/arm64 := gcc-aarch64-linux-gnu libc6-dev-arm64-cross
COMPILER/linux/$(shell $(GO) env GOHOSTARCH) := gcc

crossbuild/%:
	@command -v $(COMPILER/$*) > /dev/null || { \
		echo 'no C compiler for $*: apt-get install $(PACKAGES/$*)'; exit 1; }
	GOOS=$(*D) GOARCH=$(*F) CC=$(COMPILER/$*) $(GO_BUILD) -o .build/$(*D)-$(*F)/$(BINARY) .

CERTIFICATES := /etc/ssl/certs/ca-certificates.crt

.PHONY: docker
docker: build image-files ## build the image IMAGE=loan-model-api:latest from ./drift_exporter
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) -t $(IMAGE) .

.PHONY: image
image: build image-files ## build the image without Docker, by buildah, and run it in an empty root; as root
	deploy/container/check

# What the image holds besides the binary: certificates to trust, and directories
# that belong to its user, which an image without a shell cannot make itself.
.PHONY: image-files
image-files:
	@test -s $(CERTIFICATES) || { echo 'no $(CERTIFICATES): apt-get install ca-certificates'; exit 1; }
	@rm -rf .build/image
	@mkdir -p .build/image/user/data .build/image/user/tmp .build/image/root/etc/ssl/certs
	@chmod 0750 .build/image/user/data
	@cp $(CERTIFICATES) .build/image/root/etc/ssl/certs/

.PHONY: lint-tools
lint-tools: $(GOLANGCI)

# An installed golangci-lint of the right version is used as it is.
$(GOLANGCI):
	@mkdir -p $(@D)
	@found=$$(PATH="$$PATH:$$($(GO) env GOPATH)/bin" command -v golangci-lint || true); \
	if [ -n "$$found" ] && "$$found" version | grep -qwF '$(GOLANGCI_VERSION)'; then \
		ln -sf "$$found" $@; \
	else \
		echo 'installing golangci-lint $(GOLANGCI_VERSION): some minutes, once'; \
		GOBIN=$(abspath $(@D)) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION); \
		mv $(@D)/golangci-lint $@; \
	fi

# What checks the files below deploy/: .build/bin/NAME, compiled once, some minutes.
HELM_VERSION        := 3.22.0
KUSTOMIZE_VERSION   := 5.8.2
KUBECONFORM_VERSION := 0.8.0
KUBERNETES_VERSION  := 1.34.1
OPERATOR_VERSION    := 0.85.0
COMPOSE_VERSION     := 2.16.2
PACKAGE/helm        := helm.sh/helm/v3/cmd/helm@v$(HELM_VERSION)
PACKAGE/kustomize   := sigs.k8s.io/kustomize/kustomize/v5@v$(KUSTOMIZE_VERSION)
PACKAGE/cmd         := github.com/compose-spec/compose-go/v2/cmd@v$(COMPOSE_VERSION)
PACKAGE/kubeconform := github.com/yannh/kubeconform/cmd/kubeconform@v$(KUBECONFORM_VERSION)

.PHONY: deploy-tools
deploy-tools: .build/bin/helm .build/bin/kustomize .build/bin/kubeconform .build/bin/compose/cmd .build/schemas/version

.build/bin/helm .build/bin/kustomize .build/bin/kubeconform .build/bin/compose/cmd: Makefile
	@mkdir -p $(@D)
	@$(GO) version -m $@ 2>/dev/null | grep -qwF 'v$(lastword $(subst @v, ,$(PACKAGE/$(@F))))' || \
		GOBIN=$(abspath $(@D)) $(GO) install $(PACKAGE/$(@F))
	@touch $@

# The broker of Apache Kafka that tests start, with everything it needs.
KAFKA_POM := predictor/outcomes/sourcetest/servers/kafka.pom.xml
MAVEN_DEPENDENCY_VERSION := 3.11.0

.PHONY: kafka
kafka: .build/kafka/version ## fetch Apache Kafka's broker for the tests, with Maven: 45 MB in .build/kafka

.build/kafka/version: $(KAFKA_POM)
	@rm -rf $(@D)
	mvn --quiet --batch-mode --file $(KAFKA_POM) org.apache.maven.plugins:maven-dependency-plugin:$(MAVEN_DEPENDENCY_VERSION):copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory=$(abspath $(@D))
	@touch $@

# The kinds of Kubernetes and of the Prometheus operator, for kubeconform.
.build/schemas/version: Makefile deploy/kubernetes/schema/main.go
	@kubernetes=$$($(GO) mod download -json k8s.io/kubernetes@v$(KUBERNETES_VERSION) | sed -n 's/.*"Dir": "\(.*\)",/\1/p'); \
	operator=$$($(GO) mod download -json github.com/prometheus-operator/prometheus-operator@v$(OPERATOR_VERSION) | sed -n 's/.*"Dir": "\(.*\)",/\1/p'); \
	rm -rf $(@D); \
	$(GO) run ./deploy/kubernetes/schema -o $(@D) "$$kubernetes/api/openapi-spec/swagger.json" \
		"$$operator"/example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml
	@echo '$(KUBERNETES_VERSION) $(OPERATOR_VERSION)' > $@

.PHONY: clean
clean: ## remove what was built; logs and their predictions stay
	rm -rf .build $(BINARY)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
