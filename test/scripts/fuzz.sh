#!/bin/bash
# `make fuzz`: every fuzz target of every package, FUZZTIME each, FUZZJOBS (2) at a time with one worker each.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

time=${FUZZTIME:-30s}
jobs=${FUZZJOBS:-2}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# deadline_alone TARGET LOG: at the end of its time the fuzzing engine sometimes reports its own deadline as a failure. That is no
# finding where it is all that the engine reports, in exactly its form; the same words in a finding's own output are none of it.
deadline_alone() {
	awk -v target="$1" '
		!reported && /^(fuzz|warning): / { next }
		!reported { reported = 1; wrong = !match($0, "^--- FAIL: " target " \\([0-9.]+s\\)$"); next }
		reported == 1 { reported = 2; if ($0 != "    context deadline exceeded") wrong = 1; next }
		!/^(FAIL|FAIL\t.*|exit status 1)$/ { wrong = 1 }
		END { exit !(reported == 2 && !wrong) }' "$2"
}

# self_test: deadline_alone passes the engine's own report and nothing near it.
self_test() {
	local head='fuzz: elapsed: 30s, execs: 9 (0/sec), new interesting: 0 (total: 1)' own='    context deadline exceeded' end=$'FAIL\nexit status 1\nFAIL\tp\t30.1s'
	local fail='--- FAIL: FuzzX (30.01s)' at="$logs/self-test" text
	printf '%s\n' "$head" "$fail" "$own" "$end" >"$at"
	deadline_alone FuzzX "$at" || { echo "fuzz.sh: the engine's own deadline counts as a finding" >&2; return 1; }
	for text in "$head" "$fail" "$fail"$'\n'"    x_test.go:7:$own" "$fail"$'\n'"    --- FAIL: FuzzX (0.00s)"$'\n'"    $own" "$fail"$'\n'"$own: of a login" \
		"$fail"$'\n'"$own"$'\n''    Failing input written to testdata/fuzz/FuzzX/1' '--- FAIL: FuzzXY (1s)'$'\n'"$own" "panic: x"$'\n'"$fail"$'\n'"$own" "$own"; do
		printf '%s\n%s\n%s\n' "$head" "$text" "$end" >"$at"
		! deadline_alone FuzzX "$at" || { printf 'fuzz.sh: a finding is taken for a deadline:\n%s\n' "$text" >&2; return 1; }
	done
	rm "$at"
}

# once PACKAGE TARGET LOG: true where the target found nothing.
once() {
	go test -vet=off -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 10x -parallel 1 "$1" >"$3" 2>&1 || deadline_alone "$2" "$3"
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

self_test

count=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir"/*_test.go); do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
		count=$((count + 1))
		play "$package" "$target" "$logs/$count" &
	done
done
wait
failed=$(find "$logs" -name '*.failed' | wc -l)
echo "$count fuzz targets, $time each, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
