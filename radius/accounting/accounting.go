package accounting

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/audit"
)

// ErrStatus says that the packet has no Acct-Status-Type, or one that is none of Start, Stop, Interim-Update,
// Accounting-On and Accounting-Off (RFC 2866 section 5.1).
var ErrStatus = errors.New("no Acct-Status-Type that can be recorded")

// The words of audit.Accounting's Status.
const (
	statusStart   = "start"
	statusStop    = "stop"
	statusInterim = "interim_update"
	statusOn      = "accounting_on"
	statusOff     = "accounting_off"
)

// The attributes that are read (RFC 2865 section 5, RFC 2866 section 5, RFC 2869 section 5, RFC 3162 section 2, RFC 4818 section
// 3, RFC 6911 section 3).
const (
	userName            = 1
	nasIPAddress        = 4
	framedIPAddress     = 8
	callingStationID    = 31
	nasIdentifier       = 32
	acctStatusType      = 40
	acctDelayTime       = 41
	acctInputOctets     = 42
	acctOutputOctets    = 43
	acctSessionID       = 44
	acctSessionTime     = 46
	acctTerminateCause  = 49
	acctInputGigaword   = 52
	acctOutputGigaword  = 53
	eventTimestamp      = 55
	nasIPv6Address      = 95
	framedIPv6Prefix    = 97
	delegatedIPv6Prefix = 123
	framedIPv6Address   = 168
)

// Parse reads the attributes of an Accounting-Request in the packet's order. Of an attribute that stands there twice the
// first fitting value counts. NAS is NAS-Identifier, else NAS-IP-Address, else NAS-IPv6-Address. Client stays empty: the
// caller knows it. Texts are printable UTF-8 (octets and
// characters that are not become escapes) and bounded: 253 octets as sent are at most 1,012 as shown. The error is
// ErrStatus.
func Parse(attrs iter.Seq2[byte, []byte]) (audit.Accounting, error) {
	v := make(values)
	for typ, value := range attrs {
		v.keep(typ, value)
	}
	status := statusWord(v.integer(acctStatusType))
	if status == "" {
		return audit.Accounting{}, ErrStatus
	}
	return audit.Accounting{
		NAS:            firstOf(v.text(nasIdentifier), v.address(nasIPAddress), v.address(nasIPv6Address)),
		User:           v.text(userName),
		CallingStation: v.text(callingStationID),
		Status:         status,
		Session:        v.text(acctSessionID),
		FramedIP:       firstOf(v.address(framedIPAddress), v.address(framedIPv6Address)),
		SessionTime:    v.integer(acctSessionTime),
		InputOctets:    v.octets(acctInputOctets, acctInputGigaword),
		OutputOctets:   v.octets(acctOutputOctets, acctOutputGigaword),
		TerminateCause: v.integer(acctTerminateCause),
	}, nil
}

// keyOf names what a record tells of, for deduplication: the client, the box, the person, the session and the status, and
// for an interim update the session's time too, since a session has many of them. Two requests with the same key are one
// happening sent twice. Where the NAS names no session the calling station stands in for it. The key is text without line
// breaks.
func keyOf(a audit.Accounting) string {
	session := a.Session
	if session == "" {
		session = a.CallingStation
	}
	key := fmt.Sprintf("%q %q %q %q %q", a.Client, a.NAS, a.User, session, a.Status)
	if a.Status == statusInterim {
		key += fmt.Sprintf(" %d", a.SessionTime)
	}
	return key
}

func statusWord(status uint32) string {
	switch status {
	case 1:
		return statusStart
	case 2:
		return statusStop
	case 3:
		return statusInterim
	case 7:
		return statusOn
	case 8:
		return statusOff
	}
	return ""
}

// values are the packet's values that fit their types, by type.
type values map[byte][]byte

// keep takes a value where its attribute is one that is read, it fits, and none is kept yet.
func (v values) keep(typ byte, value []byte) {
	if _, dup := v[typ]; dup || !fits(typ, len(value)) {
		return
	}
	v[typ] = value
}

// fits reports whether an attribute is one that is read and may have a value of that many octets.
func fits(typ byte, size int) bool {
	switch typ {
	case userName, callingStationID, nasIdentifier, acctSessionID:
		return size > 0 && size <= maxText
	case nasIPv6Address, framedIPv6Address:
		return size == 16
	case framedIPv6Prefix, delegatedIPv6Prefix:
		return size >= 2 && size <= 18
	case nasIPAddress, framedIPAddress, acctStatusType, acctInputOctets, acctOutputOctets, acctSessionTime,
		acctTerminateCause, acctInputGigaword, acctOutputGigaword, acctDelayTime, eventTimestamp:
		return size == 4
	}
	return false
}

// integer is 0 where the attribute is absent.
func (v values) integer(typ byte) uint32 {
	if b := v[typ]; len(b) == 4 {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// octets joins a counter with the count of how often it wrapped (RFC 2869 section 5.1).
func (v values) octets(low, high byte) uint64 {
	return uint64(v.integer(high))<<32 | uint64(v.integer(low))
}

func (v values) address(typ byte) string {
	addr, ok := netip.AddrFromSlice(v[typ])
	if !ok {
		return ""
	}
	return addr.String()
}

func (v values) text(typ byte) string { return clean(v[typ]) }

// maxText is the longest value of an attribute (RFC 2865 section 5).
const maxText = 253

// clean shows octets as printable text: what is no UTF-8, no graphic character or invisible becomes an escape, so that
// two different values stay different.
func clean(value []byte) string {
	var b strings.Builder
	for len(value) > 0 {
		r, size := utf8.DecodeRune(value)
		switch {
		case unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			b.WriteRune(r)
		case size == 1:
			fmt.Fprintf(&b, `\x%02x`, value[0])
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		value = value[size:]
	}
	return b.String()
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
