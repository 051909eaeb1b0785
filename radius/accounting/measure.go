package accounting

import (
	"iter"
	"net/netip"
	"time"
)

// Measure is what one Accounting-Request measures of its session. The zero Measure tells nothing.
type Measure struct {
	At      time.Time     // when it happened, by our clock; zero: not known
	Time    time.Duration // how long the session had lasted by then; 0: not told
	In      uint64        // octets from the person, as the NAS counts (RFC 2866 section 5.3)
	Out     uint64        // octets to the person (section 5.4)
	Counted bool          // the NAS told octets
	Wide    bool          // with the count of how often 32 bits wrapped (RFC 2869 sections 5.1 and 5.2)
	Framed6 string        // the IPv6 address or prefix that the person has within; empty: not told
	Cause   uint32        // Acct-Terminate-Cause; 0: not told
}

// What a NAS may say of times; what is beyond counts as not told.
const (
	longestDelay   = 24 * time.Hour
	longestSession = 366 * 24 * time.Hour
)

// Measured reads what an Accounting-Request measures, which came at a time. When it happened is that time less Acct-Delay-Time (RFC 2866 section
// 5.2), which counts the NAS's own tries and hangs on no clock; else Event-Timestamp (RFC 2869 section 5.3) where it lies within the day before, else
// the time itself. A value that does not fit counts as absent.
func Measured(attrs iter.Seq2[byte, []byte], came time.Time) Measure {
	v := make(values)
	for typ, value := range attrs {
		v.keep(typ, value)
	}
	m := Measure{
		At: v.moment(came), Time: time.Duration(v.integer(acctSessionTime)) * time.Second,
		In: v.octets(acctInputOctets, acctInputGigaword), Out: v.octets(acctOutputOctets, acctOutputGigaword),
		Counted: v[acctInputOctets] != nil && v[acctOutputOctets] != nil, Wide: v[acctInputGigaword] != nil || v[acctOutputGigaword] != nil,
		Framed6: firstOf(v.address(framedIPv6Address), v.prefix(framedIPv6Prefix), v.prefix(delegatedIPv6Prefix)), Cause: v.integer(acctTerminateCause),
	}
	if m.Time > longestSession {
		m.Time = 0
	}
	return m
}

// moment is when it happened.
func (v values) moment(came time.Time) time.Time {
	if v[acctDelayTime] != nil {
		if delay := time.Duration(v.integer(acctDelayTime)) * time.Second; delay <= longestDelay {
			return came.Add(-delay)
		}
		return came
	}
	if v[eventTimestamp] == nil {
		return came
	}
	said := time.Unix(int64(v.integer(eventTimestamp)), 0)
	if ago := came.Sub(said); ago > 0 && ago <= longestDelay {
		return came.Add(-ago)
	}
	return came
}

// prefix is an IPv6 prefix (RFC 3162 section 2.3, RFC 4818 section 3); empty where it is none.
func (v values) prefix(typ byte) string {
	const header, most = 2, 18
	value := v[typ]
	if len(value) < header || len(value) > most {
		return ""
	}
	var octets [most - header]byte
	copy(octets[:], value[header:])
	prefix, err := netip.AddrFrom16(octets).Prefix(int(value[1]))
	if err != nil {
		return ""
	}
	return prefix.String()
}
