# Shared by the scripts of the Makefile: where the repository is, and how a Debian package gets here.

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '\n== %s\n' "$*"; }

in_ci() { [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }

# install_packages PACKAGE...: as root from Debian, one after the other; false, with the reason in $cannot, where that is not possible.
install_packages() {
	local turn code=0
	mkdir -p bin && exec {turn}>bin/install.lock && flock "$turn" # apt's own lock of its lists waits for nobody
	install_in_turn "$@" || code=$?
	exec {turn}>&-
	return "$code"
}

install_in_turn() {
	if [ "$(id -u)" -ne 0 ]; then
		cannot="not root, so this could not be installed: $*"
		return 1
	fi
	if ! command -v apt-get >/dev/null; then
		cannot="no apt-get on this machine, so this could not be installed: $*"
		return 1
	fi
	echo "installing: $*"
	export DEBIAN_FRONTEND=noninteractive
	local lock=(-o DPkg::Lock::Timeout=300 -o APT::Update::Error-Mode=any)
	apt-get "${lock[@]}" -qq update >/dev/null 2>&1 || true # an older list may do; the installation tells
	if ! apt-get "${lock[@]}" -qq install -y --no-install-recommends "$@" >/tmp/install-packages.$$ 2>&1; then
		tail -n 5 "/tmp/install-packages.$$" >&2
		rm -f "/tmp/install-packages.$$"
		cannot="apt-get could not install: $*"
		return 1
	fi
	rm -f "/tmp/install-packages.$$"
}
