package format

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

// kind is what a value is in JSON.
type kind uint8

const (
	text   kind = iota
	number      // digits
	list        // texts
	raw         // JSON already
)

// value is one member of a record. The zero value is an empty text.
type value struct {
	kind  kind
	text  string
	texts []string // of a list
}

// column is one member of the trail's lines.
type column struct {
	name string
	of   func(*query.Record) value
}

func textOf(name string, of func(*query.Record) string) column {
	return column{name, func(r *query.Record) value { return value{text: of(r)} }}
}

func numberOf[N uint64 | int64 | int](name string, of func(*query.Record) N) column {
	return column{name, func(r *query.Record) value { return value{kind: number, text: digits(of(r))} }}
}

// digits is empty for zero.
func digits[N uint64 | int64 | int](n N) string {
	switch {
	case n == 0:
		return ""
	case n < 0:
		return strconv.FormatInt(int64(n), 10)
	}
	return strconv.FormatUint(uint64(n), 10)
}

// columns are the members of a line in their order: time, seq and type, then attemptColumns of an attempt, then the others'.
func columns() []column {
	type record = query.Record
	return []column{
		textOf("time", func(r *record) string { return r.Time.UTC().Format(time.RFC3339Nano) }),
		numberOf("seq", func(r *record) uint64 { return r.Seq }),
		textOf("type", func(r *record) string { return r.Type }),

		textOf("attempt", func(r *record) string { return r.Attempt }),
		textOf("client", func(r *record) string { return r.Client }),
		textOf("nas", func(r *record) string { return r.NAS }),
		textOf("user", func(r *record) string { return r.User }),
		textOf("calling_station", func(r *record) string { return r.CallingStation }),
		textOf("decision", func(r *record) string { return r.Decision }),
		textOf("rule", func(r *record) string { return r.Rule }),
		{"factors", func(r *record) value { return value{kind: list, texts: r.Factors} }},
		textOf("verdict", func(r *record) string { return r.Verdict }),
		textOf("reason", func(r *record) string { return r.Reason }),
		numberOf("duration_ms", func(r *record) int64 { return r.DurationMS }),
		textOf("mobile", func(r *record) string { return r.Mobile }),
		numberOf("exchanges", func(r *record) int { return r.Exchanges }),
		numberOf("packets", func(r *record) int64 { return r.Packets }),
		numberOf("last_packet_ms", func(r *record) int64 { return r.LastPacketMS }),
		textOf("detail", func(r *record) string { return r.Detail }),

		textOf("event", func(r *record) string { return r.Event }),
		textOf("action", func(r *record) string { return r.Action }),
		textOf("actor", func(r *record) string { return r.Actor }),
		textOf("target", func(r *record) string { return r.Target }),
		textOf("filter", func(r *record) string { return r.Filter }),
		textOf("digest", func(r *record) string { return r.Digest }),
		{"changes", changes},
		textOf("call", func(r *record) string { return r.Call }),
		textOf("endpoint", func(r *record) string { return r.Endpoint }),
		{"status", status},
		textOf("class", func(r *record) string { return r.Class }),
		textOf("request_id", func(r *record) string { return r.RequestID }),
		textOf("session", func(r *record) string { return r.Session }),
		textOf("framed_ip", func(r *record) string { return r.FramedIP }),
		numberOf("session_time", func(r *record) uint64 { return r.SessionTime }),
		numberOf("input_octets", func(r *record) uint64 { return r.InputOctets }),
		numberOf("output_octets", func(r *record) uint64 { return r.OutputOctets }),
		numberOf("terminate_cause", func(r *record) uint64 { return r.TerminateCause }),
		numberOf("first", func(r *record) uint64 { return r.First }),
		numberOf("last", func(r *record) uint64 { return r.Last }),
		textOf("last_hash", func(r *record) string { return r.LastHash }),
		textOf("file", func(r *record) string { return r.File }),
		textOf("hash", func(r *record) string { return r.Hash }),
	}
}

// firstOfAttempt and behindAttempt bound the columns that an attempt always has.
const firstOfAttempt, behindAttempt = 3, 19

// changes is a list of objects, escaped as the trail does.
func changes(r *query.Record) value {
	if len(r.Changes) == 0 {
		return value{kind: raw}
	}
	dst := []byte{'['}
	for i, c := range r.Changes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = audit.AppendString(append(dst, `{"key":`...), c.Key)
		dst = audit.AppendString(append(dst, `,"before":`...), c.Before)
		dst = append(audit.AppendString(append(dst, `,"after":`...), c.After), '}')
	}
	return value{kind: raw, text: string(append(dst, ']'))}
}

// status is a number of an API request and a word of accounting. Anything else, which the trail never has, is the text that it is.
func status(r *query.Record) value {
	if n, err := strconv.ParseUint(string(r.Status), 10, 32); err == nil {
		return value{kind: number, text: strconv.FormatUint(n, 10)}
	}
	var word string
	if json.Unmarshal(r.Status, &word) != nil {
		word = string(r.Status)
	}
	return value{text: word}
}

// empty reports that nothing is known.
func (v value) empty() bool { return v.text == "" && len(v.texts) == 0 }

// zero is what an unknown member of an attempt is: there, and empty.
func (v value) zero() value {
	if v.kind == number && v.text == "" {
		v.text = "0"
	}
	return v
}

// flat is the value as one text.
func (v value) flat() string {
	if v.kind == list {
		return strings.Join(v.texts, ",")
	}
	return v.text
}

// appendJSON appends the value as JSON.
func (v value) appendJSON(dst []byte) []byte {
	switch v.kind {
	case number, raw:
		return append(dst, v.text...)
	case list:
		dst = append(dst, '[')
		for i, s := range v.texts {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = audit.AppendString(dst, s)
		}
		return append(dst, ']')
	case text:
	}
	return audit.AppendString(dst, v.text)
}
