package watch

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch/rule"
)

// mostLines is how many lines an alert carries.
const mostLines = 50

// mostKept is how many events of a kind are kept as evidence. Packets of strangers cannot push logins out.
func mostKept(k rule.Kind) int {
	switch k {
	case rule.Login:
		return 4096
	case rule.Drop:
		return 2048
	case rule.Call, rule.Notice:
		return 1024
	case rule.Nothing, rule.Kinds:
	}
	return 1
}

// kept is an event that counted for some rules. It is rendered only where an alert wants it.
type kept struct {
	number uint64
	at     time.Duration
	time   time.Time
	event  audit.Event // nil: a drop
	sight  dropSight
	keys   [rule.MostMarks]uint64 // of the rules and subjects for which it counted; 0: no further one
}

// dropSight is a dropped packet in as few words as are kept.
type dropSight struct {
	cause, client string
	from          netip.Addr
}

// ring holds the newest of one kind.
type ring struct {
	kept []kept
	next int
}

// evidence holds the newest events that counted for any rule.
type evidence struct {
	number uint64
	rings  [rule.Kinds]ring
}

// add keeps an event in the place of the oldest of its kind.
func (v *evidence) add(kind rule.Kind, k kept) {
	v.number++
	k.number = v.number
	r := &v.rings[kind]
	if len(r.kept) < mostKept(kind) {
		r.kept = append(r.kept, k)
		return
	}
	r.kept[r.next] = k
	r.next = (r.next + 1) % len(r.kept)
}

// lines are the newest events that counted under a key, behind a number and not older than since.
func (v *evidence) lines(key, behind uint64, since time.Duration) []guard.Line {
	var found []*kept
	for i := range v.rings {
		r := &v.rings[i]
		for n := range r.kept { // the newest first
			k := &r.kept[(r.next-1-n+2*len(r.kept))%len(r.kept)]
			if k.number <= behind || k.at < since {
				break
			}
			if slices.Contains(k.keys[:], key) {
				found = append(found, k)
			}
		}
	}
	slices.SortFunc(found, func(a, b *kept) int { return cmp.Compare(a.number, b.number) })
	found = found[max(0, len(found)-mostLines):]
	out := make([]guard.Line, len(found))
	for i, k := range found {
		out[i] = guard.Line{Time: k.time, Record: k.record()}
	}
	return out
}

// record is the event as the trail has it. A dropped packet is none of the trail's: its type is "dropped_packet".
func (k *kept) record() json.RawMessage {
	out := make([]byte, 0, 512)
	if k.event == nil {
		out = audit.AppendString(append(out, `{"type":"dropped_packet","cause":`...), k.sight.cause)
		out = audit.AppendString(append(out, `,"client":`...), k.sight.client)
		out = audit.AppendString(append(out, `,"address":`...), k.sight.from.String())
		return append(out, '}')
	}
	out = audit.AppendString(append(out, `{"type":`...), k.event.EventType().String())
	return append(k.event.AppendFields(append(out, ',')), '}')
}
