package format

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ivalt-radius/audit/query"
)

// cef is the ArcSight Common Event Format, version 0 (Micro Focus, "Implementing ArcSight Common Event Format"):
//
//	CEF:0|iVALT|ivalt-radius|version|signature id|name|severity|key=value key=value …
//
// The signature id is the record's type, and behind a colon its reason, event or action. Members without a key of CEF's dictionary
// have keys of their own, "ivalt" with the member's name: ivaltRequestId. An empty member is left out.
type cef struct {
	head []byte // up to the version, with the pipe behind it
	host string // empty where unknown
	rest []column
}

// dictionary is the keys of CEF's dictionary, in the order of the line, and the members that they hold. Where the dictionary has only
// numbered keys, a label says what is in one.
func dictionary() []entry {
	return []entry{
		{key: "externalId", member: "seq"},
		{key: "cat", member: "type"},
		{key: "suser", member: "user"},
		{key: "reason", member: "reason"},
		{key: "act", member: "action"},
		{key: "request", member: "endpoint"},
		{key: "in", member: "input_octets"},
		{key: "out", member: "output_octets"},
		{key: "msg", member: "detail"},
		{key: "cs1", label: "client", member: "client"},
		{key: "cs2", label: "rule", member: "rule"},
		{key: "cs3", label: "nas", member: "nas"},
		{key: "cs4", label: "attempt", member: "attempt"},
		{key: "cs5", label: "decision", member: "decision"},
		{key: "cs6", label: "hash", member: "hash"},
		{key: "cn1", label: "duration_ms", member: "duration_ms"},
		{key: "cn2", label: "exchanges", member: "exchanges"},
		{key: "cn3", label: "packets", member: "packets"},
	}
}

type entry struct{ key, label, member string }

func newCEF(version, host string) cef {
	c := cef{head: []byte("CEF:0|" + vendor + "|" + product + "|" + cefHead(version) + "|"), host: host}
	all, known := columns(), dictionary()
	for _, e := range known {
		at := slices.IndexFunc(all, func(c column) bool { return c.name == e.member })
		c.rest = append(c.rest, keyed(e, all[at]))
		all = slices.Delete(all, at, at+1)
	}
	for _, column := range all {
		if column.name != "time" && column.name != "calling_station" { // which are in rt and src
			c.rest = append(c.rest, keyed(entry{key: ownKey(column.name)}, column))
		}
	}
	return c
}

// keyed is the column under a key of CEF, with its label before it.
func keyed(e entry, c column) column {
	name := e.key + "="
	if e.label != "" {
		name = e.key + "Label=" + e.label + " " + name
	}
	return column{name, c.of}
}

// ownKey is the key of a member that CEF has none for: request_id is ivaltRequestId.
func ownKey(member string) string {
	key := "ivalt"
	for part := range strings.SplitSeq(member, "_") {
		key += string(unicode.ToUpper(rune(part[0]))) + part[1:]
	}
	return key
}

// Header implements Format.
func (cef) Header() []byte { return nil }

// Append implements Format.
func (c cef) Append(dst []byte, r *query.Record) []byte {
	dst = append(dst, c.head...)
	signature, what := r.Type, word(r)
	if what != "" {
		signature += ":" + what
	} else {
		what = r.Type
	}
	dst = append(append(dst, cefHead(signature)...), '|')
	dst = append(append(dst, cefHead(strings.ReplaceAll(what, "_", " "))...), '|')
	dst = append(strconv.AppendInt(dst, int64(Severity(r)), 10), "|rt="...)
	dst = strconv.AppendInt(dst, r.Time.UnixMilli(), 10)
	if c.host != "" {
		dst = append(append(dst, " dvchost="...), cefValue(c.host)...)
	}
	if outcome := outcome(r); outcome != "" {
		dst = append(append(dst, " outcome="...), outcome...)
	}
	if r.CallingStation != "" {
		dst = append(append(append(dst, ' '), stationKey(r.CallingStation)...), cefValue(r.CallingStation)...)
	}
	for _, column := range c.rest {
		if v := column.of(r); !v.empty() {
			dst = append(append(append(dst, ' '), column.name...), cefValue(v.flat())...)
		}
	}
	return dst
}

// stationKey is src for an IPv4 address, which alone may stand there, c6a2 for an IPv6 address, and a key of ours for anything else.
func stationKey(station string) string {
	a, ok := address(station)
	switch {
	case !ok:
		return ownKey("calling_station") + "="
	case a.Is4():
		return "src="
	}
	return "c6a2Label=Source IPv6 Address c6a2="
}

// cefHead escapes a field of the header, where a line break has no escape and shown leaves none.
func cefHead(s string) string {
	return strings.NewReplacer(`\`, `\\`, `|`, `\|`).Replace(shown(s))
}

// cefValue escapes a value, in which line breaks are the only control characters that have an escape.
func cefValue(s string) string {
	if broken := strings.NewReplacer("\n", "", "\r", "").Replace(s); !clean(broken) || strings.HasPrefix(s, `"`) {
		s = shown(s)
	}
	return strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`, "\r", `\r`).Replace(s)
}
