#!/bin/bash
# Sees to the programs of the interoperability tests: says what is missing, installs it as root from Debian, looks again. Ends with
# 0 where all is there; otherwise with 1 and one line that says plainly why not.
set -euo pipefail
. "$(dirname "$0")/../scripts/lib.sh"

packages=(freeradius-utils openssh-server openssh-client openssl python3-pyrad pamtester libpam-radius-auth openvpn openvpn-auth-radius ocserv openconnect freeradius slapd rsyslog rsyslog-gnutls rsyslog-openssl systemd chromium fonts-dejavu-core strongswan strongswan-swanctl libcharon-extra-plugins python3-aiosmtpd nftables ufw iproute2 procps redis-server redis-sentinel redis-tools prometheus)

missing() {
	[ -x /usr/sbin/freeradius ] || echo freeradius
	command -v radclient >/dev/null || echo radclient
	/usr/bin/python3 -c 'import pyrad.client' 2>/dev/null || echo pyrad
	/usr/bin/python3 -c 'import aiosmtpd.smtp' 2>/dev/null || echo aiosmtpd
	command -v pamtester >/dev/null || echo pamtester
	compgen -G '/usr/lib/*/security/pam_radius_auth.so' >/dev/null ||
		compgen -G '/lib/*/security/pam_radius_auth.so' >/dev/null || echo pam_radius_auth.so
	command -v openvpn >/dev/null || [ -x /usr/sbin/openvpn ] || echo openvpn
	[ -e /usr/lib/openvpn/radiusplugin.so ] || echo openvpn-auth-radius
	command -v sshd >/dev/null || [ -x /usr/sbin/sshd ] || echo openssh-server
	command -v ocserv >/dev/null || [ -x /usr/sbin/ocserv ] || echo ocserv
	command -v openconnect >/dev/null || [ -x /usr/sbin/openconnect ] || echo openconnect
	command -v chromium >/dev/null || echo chromium
	[ -x /usr/lib/ipsec/charon ] && [ -e /usr/lib/ipsec/plugins/libstrongswan-eap-radius.so ] && command -v swanctl >/dev/null || echo strongswan
	{ command -v slapd >/dev/null || [ -x /usr/sbin/slapd ]; } && compgen -G '/usr/lib/ldap/ppolicy*.so*' >/dev/null || echo slapd
	{ command -v rsyslogd >/dev/null || [ -x /usr/sbin/rsyslogd ]; } && compgen -G '/usr/lib/*/rsyslog/lmnsd_gtls.so' >/dev/null &&
		compgen -G '/usr/lib/*/rsyslog/lmnsd_ossl.so' >/dev/null || echo rsyslog
	{ command -v nft >/dev/null || [ -x /usr/sbin/nft ]; } && { command -v ip >/dev/null || [ -x /usr/sbin/ip ]; } || echo nftables
	command -v ufw >/dev/null || [ -x /usr/sbin/ufw ] || echo ufw
	# Debian has Valkey from trixie on and bookworm does not, so Redis stands for both.
	command -v redis-server >/dev/null && command -v redis-sentinel >/dev/null && command -v redis-cli >/dev/null || echo redis-server
	command -v promtool >/dev/null || echo promtool
	[ -x /lib/systemd/systemd-journald ] && command -v journalctl >/dev/null || echo systemd-journald
}

# tunnel makes the device file that a bare container lacks, and opens it: OpenVPN cannot serve without.
tunnel() {
	if [ ! -e /dev/net/tun ] && [ "$(id -u)" -eq 0 ]; then
		mkdir -p /dev/net && mknod /dev/net/tun c 10 200 2>/dev/null || true
	fi
	{ : <>/dev/net/tun; } 2>/dev/null
}

lacking=$(missing | xargs)
if [ -n "$lacking" ]; then
	echo "interop: missing: $lacking"
	if ! install_packages "${packages[@]}"; then
		echo "INTEROP NOT RUN: $cannot"
		exit 1
	fi
	lacking=$(missing | xargs)
	if [ -n "$lacking" ]; then
		echo "INTEROP NOT RUN: still missing after the installation: $lacking"
		exit 1
	fi
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "INTEROP NOT RUN: OpenVPN and PAM need root on this machine; run 'sudo make interop'"
	exit 1
fi
if ! tunnel; then
	echo "INTEROP NOT RUN: /dev/net/tun cannot be opened here, and the OpenVPN server needs it"
	exit 1
fi
