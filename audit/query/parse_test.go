package query_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
)

func epoch() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 500, time.UTC) }

// lineOf is the line of an event, without its newline.
func lineOf(seq uint64, e audit.Event) []byte {
	at := epoch().Add(time.Duration(seq) * time.Minute) //nolint:gosec // a test's numbers are small
	line, _ := chain.AppendLine(nil, at, seq, e.EventType(), e.AppendFields(nil), chain.Genesis())
	return line[:len(line)-1]
}

// events are one of each kind, with every field set to something that its name tells.
func events() []audit.Event {
	return []audit.Event{
		audit.Attempt{
			Attempt: "a-1", Client: "office", NAS: "gw", User: "alice@corp", CallingStation: "198.51.100.7", Decision: "require_push", Rule: "default",
			Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved", Duration: 3210 * time.Millisecond, Exchanges: 2, Packets: 3, LastPacket: 2500 * time.Millisecond,
			Mobile: "+4917012399881", Detail: "after \"2\" polls\n",
		},
		audit.Attempt{User: "quo\"te\\\u202e日本\x00", Factors: []string{"a\"b", "ü"}},
		audit.System{Event: "started", Detail: "version 0"},
		audit.Security{Event: "collision", Attempt: "a-1", Client: "office", User: "bob", CallingStation: "::1", Detail: "two"},
		audit.Configuration{Event: "reloaded", Digest: "ab", Detail: "by hand", Changes: []audit.Change{{Key: "a.b", Before: "1", After: "2"}}},
		audit.APICall{Attempt: "a-1", Call: "push", Endpoint: "/x", Status: 200, Class: "pending", Duration: time.Second, RequestID: "r-1"},
		audit.Access{Action: "tail", Actor: "uid=0 pid=1", Filter: `--user "bob"`, Detail: "to a file"},
		audit.Action{Action: "unblock", Actor: "uid=0 pid=1", Target: "192.0.2.1", Detail: "by hand"},
		audit.Accounting{
			Client: "office", NAS: "gw", User: "bob", CallingStation: "::1", Status: "stop", Session: "s-1", FramedIP: "10.8.0.7",
			SessionTime: 60, InputOctets: 1 << 40, OutputOctets: 2, TerminateCause: 1,
		},
		audit.Segment{Event: "segment_started", File: "audit.jsonl.000000000001-000000000009", First: 1, Last: 9, Hash: strings.Repeat("a", 64), Detail: "x"},
		audit.Forgotten{Actor: "uid=0 pid=1", Pseudonym: "forgotten-1", Lines: []audit.ForgottenLine{{Seq: 1}, {Seq: 2}}, Detail: "x"},
		audit.Checkpoint{Key: "k", Covers: 3, Hash: strings.Repeat("b", 64), Signature: "c"},
	}
}

// TestParseReadsWhatEncodingJSONReads of every kind of line.
func TestParseReadsWhatEncodingJSONReads(t *testing.T) {
	for i, e := range events() {
		line := lineOf(uint64(i)+1, e)
		got, err := query.Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		want := query.Record{Line: line}
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s\n%s", line, diff)
		}
	}
}

func TestEveryFieldIsRead(t *testing.T) {
	seen := map[string]bool{}
	for i, e := range events() {
		r, err := query.Parse(lineOf(uint64(i)+1, e))
		if err != nil {
			t.Fatal(err)
		}
		for i := range reflect.TypeFor[query.Record]().NumField() {
			if !reflect.ValueOf(*r).Field(i).IsZero() {
				seen[reflect.TypeFor[query.Record]().Field(i).Name] = true
			}
		}
	}
	if n := reflect.TypeFor[query.Record]().NumField(); len(seen) != n {
		t.Errorf("%d fields of %d are read: %v", len(seen), n, slices.Sorted(maps.Keys(seen)))
	}
}

const head = `{"time":"2026-11-26T09:00:00Z","seq":1,"type":"x"`

func TestParseRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"nothing": "", "no object": "[]", "empty": "{}", "no time": `{"seq":1,"type":"x"}`, "no seq": `{"time":"2026-11-26T09:00:00Z","type":"x"}`,
		"no type": `{"time":"2026-11-26T09:00:00Z","seq":1}`, "seq 0": strings.Replace(head, ":1,", ":0,", 1) + "}", "no end": head, "more": head + "}}",
		"a blank": head + ` }`, "a comma": head + `,}`, "two times": head + `,"time":"2026-11-26T09:00:00Z"}`, "two types": head + `,"type":"y"}`,
		"a time in words": `{"time":"now","seq":1,"type":"x"}`, "a name without quotes": head + `,user:"x"}`, "a name with an escape": head + `,"us\u0065r":"x"}`, "no colon": head + `,"user"}`,
		"no value": head + `,"user":}`, "a number as text": head + `,"user":1}`, "null": head + `,"user":null}`, "open text": head + `,"user":"x}`,
		"a control": head + ",\"user\":\"\x01\"}", "a bad escape": head + `,"user":"\x"}`, "text as a number": head + `,"first":"1"}`, "01": head + `,"first":01}`,
		"-1": head + `,"first":-1}`, "1.5": head + `,"exchanges":1.5}`, "+1": head + `,"exchanges":+1}`, "much": head + `,"first":99999999999999999999}`,
		"no list": head + `,"factors":"x"}`, "open list": head + `,"factors":["x"}`, "comma in list": head + `,"factors":["x",]}`, "two in list": head + `,"factors":["x""y"]}`,
		"numbers in list": head + `,"factors":[1]}`, "changes": head + `,"changes":[1]}`, "unknown and bad": head + `,"new":[1,]}`, "unknown word": head + `,"new":what}`,
		"a list that ends wrong": head + `,"new":[}]}`, "status": head + `,"status":what}`, "open nest": head + `,"new":["]}`,
	} {
		if r, err := query.Parse([]byte(line)); err == nil {
			t.Errorf("%s: %s is read as %+v", name, line, r)
		}
	}
	for name, line := range map[string]string{
		"bare": head + "}", "unknown": head + `,"new":{"a":[1,"}"],"b":"\\"}}`, "unknown number": head + `,"new":1.5e3}`, "null": head + `,"new":null}`,
		"no factors": head + `,"factors":[]}`, "escape": head + `,"user":"\u0061"}`, "no UTF-8": head + ",\"user\":\"\xff\"}", "below 0": head + `,"duration_ms":-1}`,
	} {
		if _, err := query.Parse([]byte(line)); err != nil {
			t.Errorf("%s: %s is refused", name, line)
		}
	}
}

// FuzzParse: what Parse reads is JSON, and says what encoding/json reads there.
func FuzzParse(f *testing.F) {
	for i, e := range events() {
		f.Add(lineOf(uint64(i)+1, e))
	}
	f.Add([]byte(head + `,"new":{"a":[1,"}"]},"factors":["a","\u0062"],"status":"x"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := query.Parse(line)
		if err != nil {
			return
		}
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(line, &members); err != nil {
			t.Fatalf("%q is read, and is no JSON: %v", line, err)
		}
		for name, field := range fields(r) {
			want := reflect.New(field.Type())
			if raw, ok := members[name]; ok {
				if err := json.Unmarshal(raw, want.Interface()); err != nil {
					t.Fatalf("%q: %s: %v", line, name, err)
				}
			}
			if fmt.Sprint(want.Elem().Interface()) != fmt.Sprint(field.Interface()) {
				t.Fatalf("%q: %s is %v, want %v", line, name, field.Interface(), want.Elem().Interface())
			}
		}
	})
}

// fields are the fields of a record by the names of their members.
func fields(r *query.Record) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i := range reflect.TypeFor[query.Record]().NumField() {
		if name := reflect.TypeFor[query.Record]().Field(i).Tag.Get("json"); name != "-" {
			all[name] = reflect.ValueOf(*r).Field(i)
		}
	}
	return all
}
