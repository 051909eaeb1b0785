package compliance

import (
	"net/netip"
	"strings"
)

func wayChecks() []Check {
	return []Check{
		{"ivalt-encrypted", "iVALT is asked over TLS with a verified certificate", ofSettings(ivaltEncrypted)},
		{"directory-encrypted", "Directory services are asked over TLS", ofSettings(directoryEncrypted)},
		{
			"upstream-private", "RADIUS servers that check passwords are asked on private addresses alone (partial: RADIUS hides a password with MD5, RFC 2865 section 5.2; " +
				"that the network is private shows in its addresses alone)", ofSettings(upstreamPrivate),
		},
		{
			"gateways-private", "Gateways ask from private addresses alone (partial: RADIUS hides a password with MD5, RFC 2865 section 5.2; " +
				"that the network is private shows in its addresses alone)", ofSettings(gatewaysPrivate),
		},
		{
			"radius-tunnelled", "RADIUS leaves the machine in no form but inside a tunnel (partial: packets on the loopback interface are seen to; whether a tunnel carries others cannot be seen, and is unknown)",
			ofSettings(radiusTunnelled),
		},
		{"packets-authenticated", "Requests and answers carry a Message-Authenticator, against Blast-RADIUS (CVE-2024-3596)", ofSettings(packetsAuthenticated)},
		{"methods-safe", "Passwords come in no form that can be tried at leisure (CHAP, MS-CHAPv2)", ofSettings(methodsSafe)},
		{"address-not-sent", "iVALT is not told the person's address in a header (partial: what the text of the push names stands in the evidence)", ofSettings(addressNotSent)},
	}
}

func ivaltEncrypted(f Facts) Result {
	if f.Network.IVALTScheme != "https" {
		return fail("set ivalt.url to an https address", "ivalt.url is %s", f.Network.IVALTScheme)
	}
	roots := "the machine's roots count"
	if f.Network.OwnRoots {
		roots = "only the roots of ivalt.ca_file count"
	}
	return pass("https, verified; %s; %s", roots, times(f.Network.Pins, "pin"))
}

func directoryEncrypted(f Facts) Result {
	if len(f.Network.Directories) == 0 {
		return notApplicable("no directory service is set")
	}
	if plain := each(f.Network.Directories, func(url string) string {
		if strings.HasPrefix(url, "ldaps:") || !f.Network.DirectoryPlain {
			return ""
		}
		return url
	}); len(plain) > 0 {
		return fail("remove primary.ldap.insecure_plaintext", "passwords travel in plain text to %s", names(plain))
	}
	return pass("%s, each by ldaps or StartTLS", times(len(f.Network.Directories), "directory URL"))
}

func upstreamPrivate(f Facts) Result {
	if len(f.Network.Upstream) == 0 {
		return notApplicable("no upstream RADIUS server is set")
	}
	if public := each(f.Network.Upstream, publicHost); len(public) > 0 {
		return fail("name them by private addresses, and put a tunnel where the way is public", "on public addresses, or by names: %s", names(public))
	}
	return pass("%s on private addresses", times(len(f.Network.Upstream), "server"))
}

func gatewaysPrivate(f Facts) Result {
	public := ofClients(f, func(c Client) string {
		for _, p := range c.Networks {
			if !private(p) {
				return c.Name + " from " + p.String()
			}
		}
		return ""
	})
	if len(public) > 0 {
		return fail("put a tunnel between gateway and server, and name its addresses in clients[].networks", "%s", names(public))
	}
	return clientsPass(f, "all on private addresses")
}

// radiusTunnelled never passes by a private address alone: the shared secret and MD5 are no strong cryptography (RFC 2865 section 5.2).
func radiusTunnelled(f Facts) Result {
	far := ofClients(f, func(c Client) string {
		for _, p := range c.Networks {
			if !loopback(p) {
				return c.Name + " from " + p.String()
			}
		}
		return ""
	})
	far = append(far, each(f.Network.Upstream, func(address string) string {
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsLoopback() {
			return ""
		}
		return "upstream " + address
	})...)
	switch {
	case gatewaysPrivate(f).Outcome == Failed, upstreamPrivate(f).Outcome == Failed:
		return fail("put a tunnel between the machines, and name its addresses", "over addresses that are not private: %s", names(far))
	case len(far) > 0:
		return unknown("show that a tunnel (IPsec, WireGuard) carries these packets", "RADIUS over UDP: %s", names(far))
	}
	return clientsPass(f, "on the loopback interface alone")
}

func packetsAuthenticated(f Facts) Result {
	open := ofClients(f, func(c Client) string {
		switch {
		case c.MessageAuthenticator != "required" && c.MessageAuthenticator != "auto":
			return c.Name + ": message_authenticator is " + c.MessageAuthenticator
		case c.RepliesUnsigned:
			return c.Name + ": insecure_omit_message_authenticator"
		}
		return ""
	})
	if len(open) > 0 {
		return fail("set message_authenticator to required, or to auto, and leave insecure_omit_message_authenticator out", "%s", names(open))
	}
	return clientsPass(f, "required, or required of a gateway once it has sent one")
}

func methodsSafe(f Facts) Result {
	weak := ofClients(f, func(c Client) string {
		if len(c.InsecureMethods) == 0 {
			return ""
		}
		return c.Name + ": " + strings.Join(c.InsecureMethods, ", ")
	})
	if len(weak) > 0 {
		return fail("have the gateway speak PAP over a private network, and remove insecure_methods", "%s", names(weak))
	}
	return clientsPass(f, "PAP alone")
}

func addressNotSent(f Facts) Result {
	if f.Network.SendClientAddress {
		return fail("set ivalt.send_client_address: false, or name the purpose in the record of processing", "ivalt.send_client_address is true")
	}
	return pass("no header; the push says %q", f.Network.RequestFrom)
}

// publicHost is a HOST:PORT that is on no private address, or is a name: where that leads may change.
func publicHost(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !private(netip.PrefixFrom(at.Addr(), at.Addr().BitLen())) {
		return address
	}
	return ""
}

// loopback reports a prefix that never leaves the machine.
func loopback(p netip.Prefix) bool { return within(p, "127.0.0.0/8", "::1/128") }

// private reports a prefix within loopback, link-local, private (RFC 1918, RFC 4193) or shared (RFC 6598) addresses.
func private(p netip.Prefix) bool {
	return loopback(p) || within(p, "169.254.0.0/16", "fe80::/10", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "100.64.0.0/10")
}

func within(p netip.Prefix, blocks ...string) bool {
	for _, b := range blocks {
		if block := netip.MustParsePrefix(b); p.Bits() >= block.Bits() && block.Contains(p.Addr().WithZone("")) {
			return true
		}
	}
	return false
}
