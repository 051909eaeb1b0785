package client

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"ivalt-radius/radius/wire"
)

// station is an attribute that may name the person's address.
type station struct {
	name   string
	vendor uint32 // 0: none
	typ    byte
	tagged bool // the first octet may be a tag (RFC 2868 section 3.1)
}

// stations are the attributes of `clients[].calling_station_from`: texts that name where the person comes from.
func stations() []station {
	return []station{
		{name: "Calling-Station-Id", typ: 31},
		{name: "Tunnel-Client-Endpoint", typ: 66, tagged: true},
		{name: "Connect-Info", typ: 77},
		{name: "PaloAlto-Client-Source-IP", vendor: 25461, typ: 7}, // a text, as FreeRADIUS's dictionary.paloalto has it
	}
}

// defaultStations is how many of stations are the default.
const defaultStations = 2

// stations finds the attributes that the settings, else the profile, name.
func (c checker) stations(s Settings, p Profile) []station {
	names := s.CallingStationFrom
	if names == nil {
		names = p.CallingStationFrom
	}
	known := stations()
	if names == nil {
		return known[:defaultStations]
	}
	var out []station
	for i, name := range names {
		key := fmt.Sprintf("calling_station_from[%d]", i)
		at := slices.IndexFunc(known, func(k station) bool { return strings.EqualFold(k.name, name) })
		switch {
		case strings.HasPrefix(strings.ToUpper(name), "NAS-"):
			c.add(key, "%s names the NAS, not the person", name)
		case at < 0:
			c.add(key, "%q cannot name the person's address; known are %s", name, stationNames(known))
		default:
			out = append(out, known[at])
		}
	}
	return out
}

func stationNames(known []station) string {
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// callingStation finds the person's address: the first of the attributes that holds an address, else the first that holds
// a clean text.
func callingStation(p wire.Packet, from []station) (string, netip.Addr) {
	text := ""
	for _, s := range from {
		value := s.value(p)
		if addr, ok := parseStation(string(value)); ok {
			return addr.String(), addr
		}
		if text == "" {
			text = wire.Text(value)
		}
	}
	return text, netip.Addr{}
}

// value is the attribute's first value that is not empty, without its tag.
func (s station) value(p wire.Packet) (found []byte) {
	p.Attributes(func(typ byte, value []byte) bool {
		switch {
		case s.vendor == 0 && typ == s.typ:
			found = value
		case s.vendor != 0 && typ == wire.VendorSpecific:
			wire.Vendor(value, func(vendor uint32, typ byte, sub []byte) bool {
				if vendor == s.vendor && typ == s.typ {
					found = sub
				}
				return len(found) == 0
			})
		}
		return len(found) == 0
	})
	if s.tagged && len(found) > 0 && found[0] <= 0x1f {
		found = found[1:]
	}
	return found
}

// parseStation reads `ip`, `ip:port`, `ip[port]`, `[v6]` and `[v6]:port`. IPv4 written as IPv6 becomes IPv4, a zone goes.
func parseStation(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if text == "" { // the usual case where the NAS sends none: no error is made for it
		return netip.Addr{}, false
	}
	if text[0] == '[' || strings.Count(text, ":") == 1 {
		if at, err := netip.ParseAddrPort(text); err == nil {
			return at.Addr().Unmap().WithZone(""), true
		}
	}
	if host, port, ok := strings.Cut(text, "["); ok && host != "" {
		digits, closed := strings.CutSuffix(port, "]")
		if !closed || digits == "" || len(digits) > 5 || strings.Trim(digits, "0123456789") != "" {
			return netip.Addr{}, false
		}
		text = host
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		var closed bool
		if text, closed = strings.CutSuffix(inner, "]"); !closed {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}
