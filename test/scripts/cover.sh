#!/bin/bash
# `make cover`: statement coverage a package. The five rooms that hold security decisions, and every package below them that is not
# for tests or for generating code, need 90 %, whenever it was added.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

profile=coverage.out
least=${COVERAGE:-90}
rooms='policy auth directory radius ivalt'
exempt='radius/radiustest radius/attribute/gen ivalt/ivalttest' # and what is below them

if [ ! -s $profile ] || [ -n "$(find . -name '*.go' -newer $profile -print -quit)" ]; then
	go test -covermode=atomic -coverprofile=$profile ./policy/... ./auth/... ./directory/... ./radius/... ./ivalt/...
fi

awk -v least="$least" -v rooms="$rooms" -v exempt="$exempt" '
	# below PATH LIST: PATH is in LIST or below a path of it.
	function below(path, list,   n, i, at) {
		n = split(list, at, " ")
		for (i = 1; i <= n; i++) if (index(path "/", at[i] "/") == 1) return 1
		return 0
	}
	NR == 1 { next }
	{
		split($1, at, ":"); file = at[1]
		sub(/^[^\/]*\//, "", file); sub(/\/[^\/]*$/, "", file)
		key = $1; statements[key] = $2; package[key] = file
		if ($3 > 0) hit[key] = 1
	}
	END {
		for (k in statements) { all[package[k]] += statements[k]; if (k in hit) got[package[k]] += statements[k] }
		for (p in all) {
			percent = 100 * got[p] / all[p]
			word = ""
			if (below(p, rooms) && !below(p, exempt)) { word = "ok"; if (percent < least) { word = "TOO LOW, needs " least " %"; bad = 1 } }
			printf "%-28s %6.1f %%  %s\n", p, percent, word | "sort"
		}
		close("sort")
		n = split(rooms, room, " ")
		for (i = 1; i <= n; i++) if (!(room[i] in all)) { print room[i] ": no statements in the profile"; bad = 1 }
		exit bad
	}' $profile
