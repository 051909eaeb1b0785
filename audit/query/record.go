package query

import (
	"encoding/json"
	"fmt"
	"time"
)

// Record is one line of the trail, as its fields say. What a type does not have is empty. Nothing is judged here: whether a line is
// as it was written is for the chain. Its texts share the memory of the whole line.
type Record struct {
	Time time.Time `json:"time"`
	Seq  uint64    `json:"seq"`
	Type string    `json:"type"`

	Attempt        string   `json:"attempt"`
	Client         string   `json:"client"`
	NAS            string   `json:"nas"`
	User           string   `json:"user"`
	CallingStation string   `json:"calling_station"`
	Decision       string   `json:"decision"`
	Rule           string   `json:"rule"`
	Factors        []string `json:"factors"`
	Verdict        string   `json:"verdict"`
	Reason         string   `json:"reason"`
	DurationMS     int64    `json:"duration_ms"`
	Mobile         string   `json:"mobile"`
	Exchanges      int      `json:"exchanges"`
	Packets        int64    `json:"packets"`
	LastPacketMS   int64    `json:"last_packet_ms"`
	Detail         string   `json:"detail"`

	Event   string   `json:"event"`  // of security, system and configuration events
	Action  string   `json:"action"` // of user actions and data accesses
	Actor   string   `json:"actor"`
	Target  string   `json:"target"`
	Filter  string   `json:"filter"`
	Digest  string   `json:"digest"`
	Changes []Change `json:"changes"`

	Call      string          `json:"call"` // of an API request
	Endpoint  string          `json:"endpoint"`
	Status    json.RawMessage `json:"status"` // a number of an API request, a word of accounting
	Class     string          `json:"class"`
	RequestID string          `json:"request_id"`

	Session        string `json:"session"` // of accounting
	FramedIP       string `json:"framed_ip"`
	SessionTime    uint64 `json:"session_time"`
	InputOctets    uint64 `json:"input_octets"`
	OutputOctets   uint64 `json:"output_octets"`
	TerminateCause uint64 `json:"terminate_cause"`

	First    uint64 `json:"first"` // of segments
	Last     uint64 `json:"last"`
	LastHash string `json:"last_hash"`
	File     string `json:"file"`

	Hash string `json:"hash"`

	Line []byte `json:"-"` // the line's bytes without the newline; valid until the next record is read
}

// Change is one setting that differs.
type Change struct {
	Key    string `json:"key"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Filter says which records are wanted. The zero Filter wants all.
type Filter struct {
	Since, Until time.Time // inclusive, exclusive; zero: no bound
	User         string    // as the trail has it, canonical
	Client       string
	Reason       string
	Types        []string // any of them

	CallingStation string
	Verdict        string
	Attempt        string
}

// Wants reports a record that the filter wants.
func (f Filter) Wants(r *Record) bool {
	if !f.within(r.Time) {
		return false
	}
	for _, text := range [...]struct{ want, is string }{
		{f.User, r.User}, {f.Client, r.Client}, {f.Reason, r.Reason}, {f.CallingStation, r.CallingStation}, {f.Verdict, r.Verdict}, {f.Attempt, r.Attempt},
	} {
		if text.want != "" && text.want != text.is {
			return false
		}
	}
	for _, t := range f.Types {
		if t == r.Type {
			return true
		}
	}
	return len(f.Types) == 0
}

// within reports a time between the bounds.
func (f Filter) within(t time.Time) bool {
	return (f.Since.IsZero() || !t.Before(f.Since)) && (f.Until.IsZero() || t.Before(f.Until))
}

// String is the filter as the command line has it, for the record of the reading.
func (f Filter) String() string {
	text := ""
	add := func(flag, value string) {
		if value != "" {
			text += fmt.Sprintf(" --%s %q", flag, value)
		}
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	add("since", at(f.Since))
	add("until", at(f.Until))
	add("user", f.User)
	add("client", f.Client)
	add("calling-station", f.CallingStation)
	add("verdict", f.Verdict)
	add("reason", f.Reason)
	add("attempt", f.Attempt)
	for _, t := range f.Types {
		add("type", t)
	}
	if text == "" {
		return ""
	}
	return text[1:]
}
