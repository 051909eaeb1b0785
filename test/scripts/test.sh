#!/bin/bash
# `make test`, first part: vet and every Go test, with the race detector wherever a C compiler can be had.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

have_compiler() { command -v gcc >/dev/null && echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1; }

race=(-race)
if ! have_compiler && ! { install_packages gcc libc6-dev && have_compiler; }; then
	echo "WITHOUT THE RACE DETECTOR: it needs a C compiler (${cannot:-gcc does not work here})"
	in_ci && { echo "CI runs with the race detector or not at all" >&2; exit 1; }
	race=()
fi

# With every tag, so that it sees each file but the few that the race detector alone has.
say "go vet"
go vet -tags 'interop conformance soak packages' ./...

say "go test ${race[*]} -shuffle=on ./..."
export CGO_ENABLED=$([ ${#race[@]} -gt 0 ] && echo 1 || echo 0)
# The race detector holds up the end of every process for a second, for what others still print; less will do.
export GORACE="atexit_sleep_ms=100 ${GORACE:-}"
log=$(mktemp)
trap 'rm -f "$log" "$log.again"' EXIT
code=0
# The profile is written beside, so that `make cover` need not run the tests again.
# test/blackbox takes longest and waits most, so it begins first.
go test "${race[@]}" -vet=off -shuffle=on -timeout=15m -covermode=atomic -coverprofile=coverage.part ./test/blackbox ./... | tee "$log" || code=$?

# The race detector itself dies now and then under testing/synctest (golang/go#78156), with a message that no test of ours can
# print. Only where that happened in every package that failed are these tested again, three times at most, and it is said.
last=$log
for _ in 1 2 3; do
	crashes=$(grep -c 'ThreadSanitizer: CHECK failed' "$last" || true)
	mapfile -t again < <(awk '/^FAIL\t/ { print $2 }' "$last" | sort -u)
	if [ "$code" -eq 0 ] || [ "$crashes" -eq 0 ] || [ "${#again[@]}" -gt "$crashes" ]; then break; fi
	say "the race detector itself crashed (golang/go#78156): once more ${again[*]}"
	code=0
	go test "${race[@]}" -vet=off -shuffle=on -timeout=15m "${again[@]}" | tee "$log.again" || code=$?
	cat "$log.again" >>"$log"
	last=$log.again
	rm -f coverage.part # it lacks these packages; make cover runs its own
done
[ ! -e coverage.part ] || mv coverage.part coverage.out # it is there once it is whole

printf '\n%d packages passed, %d failed, %s\n' "$(grep -c '^ok' "$log" || true)" "$([ "$code" -eq 0 ] && echo 0 || grep -cE '^FAIL\s+\S' "$last" || true)" \
	"$([ ${#race[@]} -gt 0 ] && echo 'with the race detector' || echo 'WITHOUT THE RACE DETECTOR')"
exit "$code"
