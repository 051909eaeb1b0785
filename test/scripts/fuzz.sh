#!/bin/bash
# `make fuzz`: every fuzz target of every package, one after the other, FUZZTIME each.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

time=${FUZZTIME:-30s}
workers=${FUZZWORKERS:-2}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count=0
failed=()

# once PACKAGE TARGET: at the end of its time the fuzzing engine sometimes reports its own deadline as a failure; that, and
# only that, is no finding.
once() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -parallel "$workers" "$1" >"$log" 2>&1 && return 0
	grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"
}

for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -qs '^func Fuzz' "$dir"/*_test.go || continue
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
		count=$((count + 1))
		if once "$package" "$target"; then
			printf 'ok    %-44s %s\n' "$package $target" "$(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
		else
			printf 'FAIL  %s\n' "$package $target"
			cat "$log"
			failed+=("$package $target")
		fi
	done
done
echo "$count fuzz targets, $time each, ${#failed[@]} failed"
[ "$count" -gt 0 ] && [ ${#failed[@]} -eq 0 ]
