# Shared by the scripts of this folder. Each of them is one login by a client that nobody here wrote:
#
#   SCRIPT HOST PORT SECRET USER PASSWORD
#
# and ends with 0 where the login was let in, 1 where it was refused, 2 where there was no answer or the set-up is at fault.
# Only loopback servers are asked. What a script makes lies in SCRATCH (a new temporary folder unless set).

if [ $# -ne 5 ]; then
	echo "usage: $(basename "$0") HOST PORT SECRET USER PASSWORD" >&2
	exit 2
fi
server=$1 port=$2 secret=$3 user=$4 password=$5
case $server in
127.* | ::1) ;;
*) echo "only a server on a loopback address" >&2; exit 2 ;;
esac

umask 077
own_scratch=
if [ -z "${SCRATCH:-}" ]; then
	SCRATCH=$(mktemp -d)
	own_scratch=$SCRATCH
fi
children=()

# tidy ends what the script started, gently first, and removes what it made.
tidy() {
	local child tries
	for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
	for child in "${children[@]}"; do
		for tries in {1..30}; do
			kill -0 "$child" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	done
	[ -z "$own_scratch" ] || rm -rf "$own_scratch"
}
trap tidy EXIT

# appears FILE PATTERN SECONDS: waits until the file holds the pattern.
appears() {
	local end=$((SECONDS + $3))
	until grep -qE "$2" "$1" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}
