#!/bin/bash
# `make cover`: statement coverage a package. The four rooms that hold security decisions, and the sub-packages of them that run
# in the server, need 90 %.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

profile=coverage.out
least=${COVERAGE:-90}
required='policy auth radius radius/client radius/wire ivalt ivalt/gateway'

if [ ! -s $profile ] || [ -n "$(find . -name '*.go' -newer $profile -print -quit)" ]; then
	go test -covermode=atomic -coverprofile=$profile ./policy/... ./auth/... ./radius/... ./ivalt/...
fi

awk -v least="$least" -v required="$required" '
	NR == 1 { next }
	{
		split($1, at, ":"); file = at[1]
		sub(/^[^\/]*\//, "", file); sub(/\/[^\/]*$/, "", file)
		key = $1; statements[key] = $2; package[key] = file
		if ($3 > 0) hit[key] = 1
	}
	END {
		for (k in statements) { all[package[k]] += statements[k]; if (k in hit) got[package[k]] += statements[k] }
		n = split(required, rooms, " ")
		for (i = 1; i <= n; i++) must[rooms[i]] = 1
		for (p in all) {
			percent = 100 * got[p] / all[p]
			word = ""
			if (p in must) { seen[p] = 1; word = "ok"; if (percent < least) { word = "TOO LOW, needs " least " %"; bad = 1 } }
			printf "%-28s %6.1f %%  %s\n", p, percent, word | "sort"
		}
		close("sort")
		for (p in must) if (!(p in seen)) { print p ": no statements in the profile"; bad = 1 }
		exit bad
	}' $profile
