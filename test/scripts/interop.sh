#!/bin/bash
# `make interop`: logins by real RADIUS clients. Where they cannot be had it says so and passes, but in CI it fails.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

say "interop: radclient, pyrad, PAM, OpenVPN, ocserv, slapd, FreeRADIUS, Chromium, promtool; several nodes on Redis"
export PATH="$PATH:/usr/sbin:/sbin"
if ! test/interop/packages.sh; then
	in_ci && { echo "CI runs with the real clients or not at all" >&2; exit 1; }
	exit 0
fi
# The gateways' own accounting waits for clocks of minutes, in namespaces of its own, so it goes on beside the rest.
clocks='^TestAccountingOfGateways$'
log=$(mktemp)
setsid go test -tags interop -count=1 -timeout=15m -run "$clocks" -v ./test/interop >"$log" 2>&1 &
accounting=$!
trap 'kill -- "-$accounting" 2>/dev/null || true; rm -f "$log"' EXIT
# Each login waits for a phone, so several run at a time.
go test -tags interop -count=1 -timeout=15m -parallel=6 -skip "$clocks" -v ./test/interop
code=0
wait "$accounting" || code=$?
trap 'rm -f "$log"' EXIT
cat "$log"
[ "$code" -eq 0 ]
# What a release is checked with: govulncheck against databases that are made up.
go test -tags interop -count=1 -timeout=10m -v ./test/release
# The shell blocks of the documents, each page on a machine of its own.
go test -tags interop -count=1 -timeout=15m -run TestShellBlocks -v ./test/docs
# The operator's window, in Chromium; it keeps both processors busy, so by itself.
go test -tags interop -count=1 -timeout=15m -v ./test/browser
# Each package has clocks to keep, so one at a time. HAMMER is how long the hammer of test/cluster/nodes goes on, 2m unless it is set; beside other
# tests it would find answers late that are only late here.
go test -tags interop -count=1 -timeout=30m -p=1 -v ./test/cluster/... ./state/redis/claims
