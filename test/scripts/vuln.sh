#!/bin/bash
# `make vuln`: holds what the binary calls against the Go vulnerability database. Exit code: 0 nothing known, 3 something known, 4 it was
# not looked: no tool or no database. 4 is no pass. make itself ends with 2 for either, so scripts call this file.
#
# VULNDB is the database: a URL, or the folder of one, as for a machine without that network: fetch https://vuln.go.dev/vulndb.zip
# elsewhere, unpack it, VULNDB=FOLDER make vuln. PACKAGES is what is looked at, ./cmd/ivalt-radius unless it is set.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

db=${VULNDB:-https://vuln.go.dev}
packages=${PACKAGES:-./cmd/ivalt-radius}
oldest=30 # days

unknown() {
	printf 'vuln: NOT LOOKED, which is no pass: %s\n' "$*" >&2
	exit 4
}

case $db in
*://*) ;;
*)
	[ -f "$db/index/modules.json" ] || unknown "VULNDB=$db has no index/modules.json: name the folder that vulndb.zip was unpacked into"
	db=file://$(cd "$db" && pwd)
	;;
esac

make -s vuln-tool || unknown 'govulncheck cannot be installed: the module proxy is out of reach'
tool=$(make -s vuln-tool-path)

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Its own codes: 0 nothing, 3 something, 1 whatever kept it from looking.
code=0
"$tool" -db "$db" $packages >"$log" 2>&1 || code=$?
cat "$log"
case $code in
0 | 3) ;;
*) unknown "govulncheck ends with $code; set VULNDB where $db is out of reach" ;;
esac

# A database that stood still finds nothing new, and says nothing of it.
if [[ $db == file://* ]]; then
	age=$((($(date +%s) - $(date -d "$(sed -n 's/.*"modified": *"\([^"]*\)".*/\1/p' "${db#file://}/index/db.json")" +%s)) / 86400))
	echo "vuln: the database is $age days old"
	[ "$code" = 3 ] || [ "$age" -le $oldest ] || unknown "a database older than $oldest days does not know what is known: fetch it anew"
fi
exit "$code"
