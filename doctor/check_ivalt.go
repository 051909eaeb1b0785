package doctor

import (
	"fmt"
	"time"
)

// The days before the end of a certificate.
const (
	soonDays = 14
	oneDay   = 24 * time.Hour
)

func ivaltTLS(f *Facts, v *verdict) {
	if !known(f.TLS, v, "the way to iVALT") {
		return
	}
	t := f.TLS.Value
	switch {
	case t.Plain:
		v.warning("ivalt.url is http, on this host: it is a rehearsal, and no phone rings", "set ivalt.url: https://api.ivalt.com")
		return
	case t.Trouble != "":
		v.fault(t.Trouble, "see docs/ivalt.md: is the way open, and are ivalt.ca_file, ivalt.pins and ivalt.proxy right?")
	case t.Old:
		v.fault(t.Version+" is older than TLS 1.2", "have whoever stands between here and iVALT speak TLS 1.2 or newer")
	default:
		seen := t.Version + ", trusted"
		if t.Pins > 0 {
			seen += ", and one of ivalt.pins is in the chain"
		}
		if t.ViaProxy {
			seen += ", through ivalt.proxy"
		}
		v.ok(seen)
	}
	if t.Expires.IsZero() {
		if t.Trouble == "" {
			v.unknown("the certificate's end: not known", "")
		}
		return
	}
	left := t.Expires.Sub(f.At)
	seen := fmt.Sprintf("the certificate ends in %d days, on %s", int(left/oneDay), t.Expires.UTC().Format(time.DateOnly))
	switch {
	case left <= 0:
		v.fault("the certificate ended on "+t.Expires.UTC().Format(time.DateOnly), "its owner must renew it; where it is right, this host's clock is wrong")
	case left < soonDays*oneDay:
		v.warning(seen, "ask whoever owns it whether it will be renewed; with ivalt.pins set, pin the next key now")
	default:
		v.ok(seen)
	}
}

func ivaltKey(f *Facts, v *verdict) {
	if !known(f.Key, v, "what iVALT says to the API key") {
		return
	}
	const did = "one look-up was sent that names nobody, so that no phone rang: "
	switch k := f.Key.Value; k.State {
	case OK:
		v.ok(did + k.Answer)
	case Fault:
		v.fault(did+k.Answer, "set the API key that iVALT issued in ivalt.api_key; is ivalt.dialect that of this ivalt.url?")
	case Warning:
		v.warning(did+k.Answer, "wait and try again; ivalt.limits bound what a server sends")
	case Unknown:
		v.unknown(did+k.Answer, "")
	}
}

func hasSources(f *Facts) bool { return len(f.Sources) > 0 }

func factorSources(f *Facts, v *verdict) {
	for _, s := range f.Sources {
		switch {
		case !s.Reached.Known:
			known(s.Reached, v, s.Key+", "+s.Name)
		case !s.Reached.Value:
			v.fault(fmt.Sprintf("%s, %s: %s", s.Key, s.Name, s.Trouble), "have the server answer, or mend "+s.Key)
		default:
			v.ok(fmt.Sprintf("%s, %s: %s", s.Key, s.Name, s.Depth))
		}
		if s.Partly != "" {
			v.unknown(fmt.Sprintf("%s, %s: %s", s.Key, s.Name, s.Partly), "")
		}
	}
}

func hasNames(f *Facts) bool { return len(f.Names) > 0 }

func networkNames(f *Facts, v *verdict) {
	for _, n := range f.Names {
		switch {
		case !n.Addresses.Known:
			known(n.Addresses, v, n.Key+", "+n.Host)
		case n.Addresses.Value == 0:
			v.fault(fmt.Sprintf("%s, %s: %s", n.Key, n.Host, n.Trouble), "mend the name, or what /etc/resolv.conf names")
		default:
			v.ok(fmt.Sprintf("%s, %s: %d addresses", n.Key, n.Host, n.Addresses.Value))
		}
	}
}
