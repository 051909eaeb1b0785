#!/bin/bash
# `make release-check`: one line for each point of docs/releasing.md: ok, FAIL, or by hand. It runs what a machine can run, heavy work by
# the Makefile's own targets, and goes on behind a failure. RELEASE=v1.2.3 is the version; without it, that of the tag at HEAD.
# ONLY='changelog licences' runs these points alone. Exit code: 0 where nothing failed, else 1; what is to be done by hand is the reader's.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

git() { command git -c safe.directory='*' "$@"; }
version=${RELEASE:-$(git describe --tags --exact-match 2>/dev/null || true)}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=0 points=0

# point NAME WORDS COMMAND...: runs the command, and shows the end of what it said only where it failed.
point() {
	local name=$1 words=$2 began=$SECONDS
	shift 2
	[[ -z ${ONLY:-} || " $ONLY " == *" $name "* ]] || return 0
	points=$((points + 1))
	if "$@" >"$logs/$name" 2>&1; then
		printf 'ok       %-14s %s (%d s)\n' "$name" "$words" $((SECONDS - began))
	else
		printf 'FAIL     %-14s %s\n' "$name" "$words"
		tail -n 15 "$logs/$name" | sed 's/^/           /'
		failed=$((failed + 1))
	fi
}

# hand NAME WORDS: what no program can say.
hand() {
	[[ -z ${ONLY:-} || " $ONLY " == *" $1 "* ]] || return 0
	points=$((points + 1))
	printf 'by hand  %-14s %s\n' "$1" "$2"
}

clean() {
	local dirty
	dirty=$(git status --porcelain) || return 1
	[ -z "$dirty" ] || { echo "$dirty"; return 1; }
}

named() { [[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "'$version' is no version: RELEASE=v1.2.3, or a tag of that form at HEAD"; return 1; }; }

# The section of the version has a date, and stands above the one before; Unreleased is there for what comes.
changelog() {
	named && grep -qE "^## \[?${version#v}\]? - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md || { echo "CHANGELOG.md has no '## ${version#v} - DATE'"; return 1; }
}

said() {
	make build VERSION="$version" >/dev/null && bin/ivalt-radius --version | grep -F -- "$version"
}

modules() { go mod verify && go mod tidy -diff; }

# Two copies in two folders, one digest, for each processor.
reproducible() {
	local at arch digests
	for at in one two; do
		mkdir "$logs/$at" && git archive HEAD | tar -x -C "$logs/$at" || return 1
	done
	for arch in amd64 arm64; do
		digests=$(for at in one two; do
			GOARCH=$arch make -s -C "$logs/$at" build VERSION="${version:-v0.0.0}" && sha256sum <"$logs/$at/bin/ivalt-radius" || echo "no build in $at"
		done | sort -u)
		echo "$arch: $digests"
		[ "$(wc -l <<<"$digests")" -eq 1 ] && [[ $digests != no* ]] || return 1
	done
}

# packaged: what `make packages` leaves in dist/.
packaged() {
	local kind
	rm -rf dist && make packages || return 1
	for kind in deb rpm apk; do
		[ "$(find dist -maxdepth 2 -name "*.$kind" | wc -l)" -ge 2 ] || { echo "dist/ has no $kind for two processors"; return 1; }
	done
}

# listed WORDS PATTERN: a file of that name is in dist/ and is not empty.
listed() { [ -n "$(find dist -maxdepth 2 -iname "$2" -size +0 2>/dev/null)" ] || { echo "no $1 in dist/: make packages"; return 1; }; }

sums() {
	listed checksums '*sha256sums*' || return 1
	local file
	file=$(find dist -maxdepth 2 -iname '*sha256sums*' -not -name '*.sig' -not -name '*.asc' -not -name '*.minisig' | head -n 1)
	(cd "$(dirname "$file")" && sha256sum --strict -c "$(basename "$file")")
}

vulnerabilities() { test/scripts/vuln.sh; }

point version 'the version has the form v1.2.3' named
point clean 'nothing is uncommitted' clean
point changelog 'CHANGELOG.md has the version and its date' changelog
point modules 'go mod verify, go mod tidy -diff' modules
point licences 'licences of all that is linked; their texts are gathered' go run ./packaging/licences -out "$logs/licences-out"
point vuln 'known vulnerabilities (VULNDB=DIR where the network does not reach)' vulnerabilities
point check 'lint, house rules, generated documents' make check
point test 'every test, with the real clients' make test CI=true
point cover 'coverage' make cover
point fuzz 'fuzz targets, 30 s each' make fuzz
point crash 'kill -9 under load' make crash
point reproducible 'two builds in two folders have one digest, for each processor' reproducible
point said 'the binary says the version' said
point packages 'deb, rpm and apk, each for two processors' packaged
point sbom 'an SBOM lies in dist/' listed SBOM '*spdx*'
point checksums 'the checksums in dist/ fit' sums
hand soak 'make soak, an hour: memory, descriptors and goroutines are flat'
hand hammer 'make hammer, an hour, where state/cluster, state/redis or auth/joint changed'
hand live 'one login against the live iVALT, and one through a real gateway'
hand upgrade 'install the last release, upgrade to this one, go back: docs/upgrade.md'
hand sign 'sign the checksums, and verify the signature on another machine: docs/packages.md'
hand tag 'tag the commit that was checked, signed; push tag and packages'

[ "$points" -gt 0 ] || { echo "no point is called '$ONLY'" >&2; exit 2; }
printf '%d points, %d failed\n' "$points" "$failed"
[ "$failed" -eq 0 ]
