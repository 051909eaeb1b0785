#!/bin/bash
# `make fuzz`: every fuzz target of every package, FUZZTIME each, FUZZJOBS (2) at a time with one worker each.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

time=${FUZZTIME:-30s}
jobs=${FUZZJOBS:-2}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# once PACKAGE TARGET LOG: at the end of its time the fuzzing engine sometimes reports its own deadline as a failure; that, and
# only that, is no finding.
once() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 10x -parallel 1 "$1" >"$3" 2>&1 && return 0
	grep -q 'context deadline exceeded' "$3" && ! grep -q 'Failing input written' "$3"
}

# play PACKAGE TARGET LOG: one line where it went well, all of it and a mark where it did not.
play() {
	if once "$@"; then
		printf 'ok    %-52s %s\n' "$1 $2" "$(grep -o 'execs: [0-9]*' "$3" | tail -n 1)"
	else
		printf 'FAIL  %s\n%s\n' "$1 $2" "$(cat "$3")"
		touch "$3.failed"
	fi
}

count=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -qs '^func Fuzz' "$dir"/*_test.go || continue
	targets=$(go test -list '^Fuzz' "$package") # a package that does not build ends the run here
	for target in $(grep '^Fuzz' <<<"$targets"); do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
		count=$((count + 1))
		play "$package" "$target" "$logs/$count" &
	done
done
wait
failed=$(find "$logs" -name '*.failed' | wc -l)
echo "$count fuzz targets, $time each, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
