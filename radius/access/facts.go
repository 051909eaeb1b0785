package access

import (
	"net/netip"

	"ivalt-radius/auth"
	"ivalt-radius/radius/wire"
)

// The attribute types that are read (RFC 2865 section 5, RFC 2869 section 5, RFC 3162 section 2).
const (
	userName       = 1
	userPassword   = 2
	chapPassword   = 3
	nasIPAddress   = 4
	state          = 24
	nasIdentifier  = 32
	chapChallenge  = 60
	arapPassword   = 70
	eapMessage     = 79
	nasIPv6Address = 95
)

// The attributes of MS-CHAP that are read (RFC 2548 section 2).
const (
	vendorMicrosoft = 311
	msCHAPResponse  = 1
	msCHAPChallenge = 11
	msCHAP2Response = 25
)

// Facts are the attributes that matter, as they stand in the packet, whose memory they share: nothing of them is decoded. The zero
// Facts are those of an empty packet.
type Facts struct {
	count [wire.MessageAuthenticator + 1]uint8 // how many of each type up to 80

	user, password, chap, challenge, state  []byte
	nasIdentifier, nasAddress, nasAddress6  []byte
	msChallenge, msResponse                 []byte // of MS-CHAPv2
	msChallenges, msResponses, ms1Responses int
}

// Gather reads a packet. Of an attribute that stands there twice the first counts here; those for which that is no answer are
// counted.
func (f *Facts) Gather(p wire.Packet) {
	*f = Facts{}
	p.Attributes(func(typ byte, value []byte) bool {
		if int(typ) < len(f.count) {
			f.count[typ]++ // at most 200 attributes
		}
		if place := f.place(typ); place != nil && *place == nil {
			*place = value
		}
		if typ == wire.VendorSpecific {
			wire.Vendor(value, f.vendor)
		}
		return true
	})
}

func (f *Facts) place(typ byte) *[]byte {
	switch typ {
	case userName:
		return &f.user
	case userPassword:
		return &f.password
	case chapPassword:
		return &f.chap
	case chapChallenge:
		return &f.challenge
	case state:
		return &f.state
	case nasIdentifier:
		return &f.nasIdentifier
	case nasIPAddress:
		return &f.nasAddress
	case nasIPv6Address:
		return &f.nasAddress6
	}
	return nil
}

func (f *Facts) vendor(vendor uint32, typ byte, value []byte) bool {
	if vendor != vendorMicrosoft {
		return false
	}
	switch typ {
	case msCHAPResponse:
		f.ms1Responses++
	case msCHAPChallenge:
		f.msChallenges++
		f.msChallenge = value
	case msCHAP2Response:
		f.msResponses++
		f.msResponse = value
	}
	return true
}

// EAP reports EAP-Message.
func (f *Facts) EAP() bool { return f.count[eapMessage] > 0 }

// Proxied reports Proxy-State.
func (f *Facts) Proxied() bool { return f.count[wire.ProxyState] > 0 }

// Credentials is how many kinds of credential the packet has; more than one is forbidden (RFC 3579 section 3.3).
func (f *Facts) Credentials() int {
	kinds := 0
	for _, typ := range []byte{userPassword, chapPassword, arapPassword, eapMessage} {
		if f.count[typ] > 0 {
			kinds++
		}
	}
	for _, responses := range []int{f.ms1Responses, f.msResponses} {
		if responses > 0 {
			kinds++
		}
	}
	return kinds
}

// method is how the first factor arrives.
func (f *Facts) method() auth.Method {
	switch {
	case f.EAP():
		return auth.EAP
	case f.count[userPassword] > 0:
		return auth.PAP
	case f.count[chapPassword] > 0:
		return auth.CHAP
	case f.msResponses > 0:
		return auth.MSCHAPv2
	case f.ms1Responses > 0:
		return auth.MSCHAP
	}
	return auth.NoCredential
}

// repeated reports an attribute that may stand in a packet once (RFC 2865 section 5.44, RFC 2548 section 3) and is there more
// often.
func (f *Facts) repeated() bool {
	for _, typ := range []byte{userName, userPassword, chapPassword, state, chapChallenge} {
		if f.count[typ] > 1 {
			return true
		}
	}
	return f.msChallenges > 1 || f.msResponses > 1 || f.ms1Responses > 1
}

// nas is the box as the packet names it: NAS-Identifier, else its address (RFC 2865 section 5.4 and 5.32, RFC 3162 section
// 2.1). A value that does not fit its type is ignored (RFC 6929 section 2.8).
func (f *Facts) nas() string {
	if name := wire.Text(f.nasIdentifier); name != "" {
		return name
	}
	if addr, ok := netip.AddrFromSlice(f.nasAddress); ok && addr.Is4() {
		return addr.String()
	}
	if addr, ok := netip.AddrFromSlice(f.nasAddress6); ok && addr.Is6() {
		return addr.String()
	}
	return ""
}
