package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ivalt-radius/audit/query"
)

func newFormat(t interface {
	Helper()
	Fatal(args ...any)
}, word string,
) Format {
	t.Helper()
	f, err := New(word, "1.2|3")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func login() *query.Record {
	return &query.Record{
		Time: time.Date(2026, 11, 23, 9, 0, 0, 5e8, time.UTC), Seq: 7, Type: "authentication_attempt",
		Attempt: "a-1", Client: "office", NAS: "gw", User: `CORP\alice`, CallingStation: "203.0.113.7", Decision: "require_push", Rule: "default",
		Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved", DurationMS: 3210, Mobile: "*********67", Exchanges: 1, Packets: 3, LastPacketMS: 2500,
		Hash: strings.Repeat("a", 64),
	}
}

// evil is what a login name can try.
func evil() []string {
	return []string{
		"a\nb", "a\r\nCEF:0|x|y|1|1|n|9|", "a|b\\|c\\", `a"b""c`, `"quoted"`, "=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "\r=1", "'=1", "＝1",
		"a\u2028b\u2029", "\xff\xfe", "a\x00b", "a=b c=d", `x src=1.2.3.4 suser=root`, `","hash":"`, "}\n{", "\x1b[2J", "a\u202eb", "a,b;=c", "\u0085", `\n`, `a\nb`,
	}
}

func TestEachFormOfALogin(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Repeat("a", 64)
	for word, want := range map[string]string{
		"json": `{"time":"2026-11-23T09:00:00.5Z","seq":7,"type":"authentication_attempt","attempt":"a-1","client":"office","nas":"gw",` +
			`"user":"CORP\\alice","calling_station":"203.0.113.7","decision":"require_push","rule":"default","factors":["password","push"],` +
			`"verdict":"accept","reason":"approved","duration_ms":3210,"mobile":"*********67","exchanges":1,"packets":3,"last_packet_ms":2500,"detail":"","hash":"` + hash + `"}`,
		"ecs": `{"@timestamp":"2026-11-23T09:00:00.5Z","message":"approved","ecs":{"version":"8.11.0"},"observer":{"vendor":"iVALT",` +
			`"product":"ivalt-radius","type":"radius","version":"1.2|3","hostname":"` + host + `"},"service":{"name":"ivalt-radius","type":"radius",` +
			`"version":"1.2|3"},"event":{"kind":"event","category":["authentication"],"type":["start"],"outcome":"success","action":"login",` +
			`"reason":"approved","id":"` + hash + `","hash":"` + hash + `","sequence":7,"severity":3,"duration":3210000000,"module":"ivalt_radius",` +
			`"dataset":"ivalt_radius.audit"},"user":{"name":"CORP\\alice"},"source":{"address":"203.0.113.7","ip":"203.0.113.7"},` +
			`"related":{"user":["CORP\\alice"],"ip":["203.0.113.7"],"hosts":["gw"]},"ivalt_radius":{"type":"authentication_attempt","attempt":"a-1",` +
			`"client":"office","nas":"gw","decision":"require_push","rule":"default","factors":["password","push"],"verdict":"accept",` +
			`"duration_ms":3210,"mobile":"*********67","exchanges":1,"packets":3,"last_packet_ms":2500}}`,
		"cef": `CEF:0|iVALT|ivalt-radius|1.2\|3|authentication_attempt:approved|approved|3|rt=1795424400500 dvchost=` + host + ` outcome=success ` +
			`src=203.0.113.7 externalId=7 cat=authentication_attempt suser=CORP\\alice reason=approved cs1Label=client cs1=office cs2Label=rule cs2=default ` +
			`cs3Label=nas cs3=gw cs4Label=attempt cs4=a-1 cs5Label=decision cs5=require_push cs6Label=hash cs6=` + hash + ` cn1Label=duration_ms cn1=3210 ` +
			`cn2Label=exchanges cn2=1 cn3Label=packets cn3=3 ivaltFactors=password,push ivaltVerdict=accept ivaltMobile=*********67 ivaltLastPacketMs=2500`,
		"csv": `"2026-11-23T09:00:00.5Z","7","authentication_attempt","a-1","office","gw","CORP\alice","203.0.113.7","require_push","default",` +
			`"password,push","accept","approved","3210","*********67","1","3","2500",""` + strings.Repeat(`,""`, 22) + `,"` + hash + `"`,
	} {
		t.Run(word, func(t *testing.T) {
			if diff := cmp.Diff(want, string(newFormat(t, word).Append(nil, login()))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := New("xml", "1"); err == nil || !strings.Contains(err.Error(), "json, ecs, cef or csv") {
		t.Error(err)
	}
}

func TestJSONIsTheLineItself(t *testing.T) {
	f, r := newFormat(t, "json"), login()
	r.Line = []byte(`{"time":"x","more":"\\ \" Ünï"}`)
	if got := f.Append([]byte(">"), r); string(got) != ">"+string(r.Line) {
		t.Errorf("%s", got)
	}
	// A line that is not as the trail writes it, as in a file that was tampered with, is written anew.
	for _, odd := range []string{"{\r}", "{\n}", "{\"a\":\"\u2028\"}", "{\"a\":\"\xff\"}"} {
		r.Line = []byte(odd)
		if got := f.Append(nil, r); !bytes.HasPrefix(got, []byte(`{"time":"2026`)) {
			t.Errorf("%q is shipped as %q", odd, got)
		}
	}
	if len(f.Header()) > 0 {
		t.Error("a header")
	}
}

// TestEventsByType holds the words that ECS and CEF make of a type.
func TestEventsByType(t *testing.T) {
	for name, c := range map[string]struct {
		r         query.Record
		ecs       string // kind category type outcome action
		signature string
		severity  int
	}{
		"reject":        {query.Record{Type: "authentication_attempt", Verdict: "reject", Reason: "push_denied"}, "event authentication [start] failure login", "authentication_attempt:push_denied", 5},
		"challenge":     {query.Record{Type: "authentication_attempt", Verdict: "challenge", Reason: "challenged"}, "event authentication [start] <nil> login", "authentication_attempt:challenged", 3},
		"call":          {query.Record{Type: "api_request", Call: "push", Class: "accepted"}, "event web [access] success push", "api_request:push", 1},
		"failed call":   {query.Record{Type: "api_request", Call: "push", Class: "unsent"}, "event web [access] failure push", "api_request:push", 1},
		"not yet":       {query.Record{Type: "api_request", Call: "poll", Class: "pending", Status: []byte("404")}, "event web [access] success poll", "api_request:poll", 1},
		"security":      {query.Record{Type: "security_event", Event: "collision"}, "alert intrusion_detection [info] <nil> collision", "security_event:collision", 7},
		"evidence":      {query.Record{Type: "security_event", Event: "trail_broken"}, "alert intrusion_detection [info] <nil> trail_broken", "security_event:trail_broken", 9},
		"reloaded":      {query.Record{Type: "configuration_change", Event: "reloaded"}, "event configuration [change] success reloaded", "configuration_change:reloaded", 4},
		"refused":       {query.Record{Type: "configuration_change", Event: "reload_refused"}, "event configuration [change] failure reload_refused", "configuration_change:reload_refused", 4},
		"reading":       {query.Record{Type: "data_access", Action: "tail"}, "event file [access] <nil> tail", "data_access:tail", 4},
		"by hand":       {query.Record{Type: "user_action", Action: "forget"}, "event iam [admin change] <nil> forget", "user_action:forget", 4},
		"session":       {query.Record{Type: "user_action", Action: "accounting", Status: []byte(`"start"`)}, "event session [start] <nil> accounting", "user_action:accounting", 1},
		"session ends":  {query.Record{Type: "user_action", Action: "accounting", Status: []byte(`"stop"`)}, "event session [end] <nil> accounting", "user_action:accounting", 1},
		"session runs":  {query.Record{Type: "user_action", Action: "accounting", Status: []byte(`"interim_update"`)}, "event session [info] <nil> accounting", "user_action:accounting", 1},
		"start":         {query.Record{Type: "system_event", Event: "started"}, "event process [start] <nil> started", "system_event:started", 1},
		"stop":          {query.Record{Type: "system_event", Event: "stopped"}, "event process [end] <nil> stopped", "system_event:stopped", 1},
		"nothing known": {query.Record{Type: "system_event"}, "event process [info] <nil> <nil>", "system_event", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var doc struct {
				Event struct {
					Kind, Outcome, Action any
					Category, Type        []string
				}
			}
			if err := json.Unmarshal(newFormat(t, "ecs").Append(nil, &c.r), &doc); err != nil {
				t.Fatal(err)
			}
			e := doc.Event
			if got := fmt.Sprint(e.Kind, " ", strings.Join(e.Category, " "), " ", e.Type, " ", e.Outcome, " ", e.Action); got != c.ecs {
				t.Errorf("ECS: %s, want %s", got, c.ecs)
			}
			head, _ := parseCEF(t, string(newFormat(t, "cef").Append(nil, &c.r)))
			if head[4] != c.signature || head[6] != strconv.Itoa(c.severity) {
				t.Errorf("CEF: %q, want %s, severity %d", head, c.signature, c.severity)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for station, want := range map[string][2]string{
		"203.0.113.7": {"src", "203.0.113.7"}, "2001:db8::1": {"c6a2", "2001:db8::1"}, "address-0011": {"ivaltCallingStation", ""},
		"fe80::1%eth0": {"ivaltCallingStation", ""}, "00-11-22-33-44-55": {"ivaltCallingStation", ""},
	} {
		r := login()
		r.CallingStation = station
		_, got := parseCEF(t, string(newFormat(t, "cef").Append(nil, r)))
		if got[want[0]] != station {
			t.Errorf("CEF: %s stands in %v", station, got)
		}
		var doc struct{ Source struct{ Address, IP string } }
		if err := json.Unmarshal(newFormat(t, "ecs").Append(nil, r), &doc); err != nil || doc.Source.Address != station || doc.Source.IP != want[1] {
			t.Errorf("ECS: %s is %+v, %v", station, doc.Source, err)
		}
	}
}

// unsafe are the octets that end a line or steer a viewer, as they would stand in any of the forms.
func holdsUnsafe(line []byte) bool {
	return bytes.ContainsFunc(line, func(r rune) bool {
		return r < 0x20 || r == 0x7f || r >= 0x80 && r <= 0x9f || r == '\u2028' || r == '\u2029' || r == '\u202e'
	}) || !bytes.Equal(line, bytes.ToValidUTF8(line, []byte("?")))
}

// fillWith is a record whose every text is drawn.
func fillWith(draw func(name string) string) *query.Record {
	return &query.Record{
		Time: time.UnixMilli(1795424400500).UTC(), Seq: 9, Type: draw("type"), Attempt: draw("attempt"), Client: draw("client"), NAS: draw("nas"),
		User: draw("user"), CallingStation: draw("calling_station"), Decision: draw("decision"), Rule: draw("rule"), Factors: []string{"password", "push"},
		Verdict: draw("verdict"), Reason: draw("reason"), DurationMS: 5, Mobile: draw("mobile"), Exchanges: 2, Packets: 3, LastPacketMS: 9, Detail: draw("detail"),
		Event: draw("event"), Action: draw("action"), Actor: draw("actor"), Target: draw("target"), Filter: draw("filter"), Digest: draw("digest"),
		Changes: []query.Change{{Key: kept(draw("key")), Before: kept(draw("before")), After: kept(draw("after"))}}, Call: draw("call"), Endpoint: draw("endpoint"),
		Status: []byte(strconv.Quote("start")), Class: draw("class"), RequestID: draw("request_id"), Session: draw("session"), FramedIP: draw("framed_ip"),
		SessionTime: 1, InputOctets: 1 << 40, OutputOctets: 3, TerminateCause: 4, First: 5, Last: 6, LastHash: draw("last_hash"),
		File: draw("file"), Hash: draw("hash"),
	}
}

// drawn are texts of all kinds, hostile ones among them.
func drawn(t *rapid.T) func(string) string {
	texts := rapid.OneOf(rapid.SampledFrom(evil()), rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom(evil()).Draw(t, "a") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "b"))
	}))
	return func(name string) string { return texts.Draw(t, name) }
}

// kept is a text as the trail keeps it: octets that are no UTF-8 are U+FFFD, one each.
func kept(s string) string { return string([]rune(s)) }

// keptAll is the record as it can come back.
func keptAll(r *query.Record) map[string]string {
	out := map[string]string{}
	for _, c := range columns() {
		v := c.of(r)
		if s := kept(v.flat()); s != "" {
			out[c.name] = s
		}
	}
	return out
}

func TestJSONComesBack(t *testing.T) {
	f := newFormat(t, "json")
	rapid.Check(t, func(t *rapid.T) {
		r := fillWith(drawn(t))
		line := f.Append(nil, r)
		if holdsUnsafe(line) {
			t.Fatalf("%q", line)
		}
		if r.Type == "" {
			r.Type = "x"
			line = f.Append(nil, r)
		}
		back, err := query.Parse(line)
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if diff := cmp.Diff(keptAll(r), keptAll(back)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestECSComesBack(t *testing.T) {
	f := newFormat(t, "ecs")
	rapid.Check(t, func(t *rapid.T) {
		r := fillWith(drawn(t))
		line := f.Append(nil, r)
		if holdsUnsafe(line) {
			t.Fatalf("%q", line)
		}
		var doc struct {
			Event  struct{ Hash, Reason string }
			User   struct{ Name string }
			Source struct{ Address string }
			URL    struct{ Path string }
			HTTP   struct{ Request struct{ ID string } }
			Ours   map[string]json.RawMessage `json:"ivalt_radius"`
		}
		d := json.NewDecoder(bytes.NewReader(line))
		if err := d.Decode(&doc); err != nil || d.More() {
			t.Fatalf("%v: %s", err, line)
		}
		want, got := keptAll(r), map[string]string{
			"hash": doc.Event.Hash, "reason": doc.Event.Reason, "user": doc.User.Name, "calling_station": doc.Source.Address,
			"endpoint": doc.URL.Path, "request_id": doc.HTTP.Request.ID,
		}
		for name, member := range doc.Ours {
			var s string
			var list []string
			switch {
			case json.Unmarshal(member, &s) == nil:
				got[name] = s
			case json.Unmarshal(member, &list) == nil:
				got[name] = strings.Join(list, ",")
			default:
				got[name] = string(member)
			}
		}
		maps.DeleteFunc(got, func(_, v string) bool { return v == "" })
		for _, name := range []string{"time", "seq", "detail"} { // in @timestamp, event.sequence and message
			delete(want, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestHeader: a form is read by its header, so it must not change by accident.
func TestHeader(t *testing.T) {
	want := "time,seq,type,attempt,client,nas,user,calling_station,decision,rule,factors,verdict,reason,duration_ms,mobile,exchanges,packets,last_packet_ms,detail," +
		"event,action,actor,target,filter,digest,changes,call,endpoint,status,class,request_id,session,framed_ip,session_time,input_octets," +
		"output_octets,terminate_cause,first,last,last_hash,file,hash"
	if diff := cmp.Diff(want, string(newFormat(t, "csv").Header())); diff != "" {
		t.Error(diff)
	}
	if len(newFormat(t, "ecs").Header())+len(newFormat(t, "cef").Header()) > 0 {
		t.Error("a header of ECS or CEF")
	}
	if all := columns(); all[firstOfAttempt].name != "attempt" || all[behindAttempt-1].name != "detail" {
		t.Error("the columns of an attempt are elsewhere")
	}
}

// TestCSVHasNoFormula names what a spreadsheet would compute, and what reads the same but is a text.
func TestCSVHasNoFormula(t *testing.T) {
	r := login()
	for user, want := range map[string]string{
		"=cmd": "'=cmd", "+1": "'+1", "-1": "'-1", "@a": "'@a", "＝1": "'＝1", "'=1": "''=1", "\t=1": `"\t=1"`, "\r=1": `"\r=1"`, "a=1": "a=1", `"=1`: `"\"=1"`,
	} {
		r.User = user
		rows, err := csv.NewReader(bytes.NewReader(newFormat(t, "csv").Append(nil, r))).ReadAll()
		if err != nil || rows[0][6] != want {
			t.Errorf("%q is %q, want %q (%v)", user, rows, want, err)
		}
	}
}

// TestDifferentTextsLookDifferent: what is shown with escapes cannot be imitated by a name that holds them.
func TestDifferentTextsLookDifferent(t *testing.T) {
	for _, word := range []string{"json", "ecs", "cef", "csv"} {
		f, seen := newFormat(t, word), map[string]string{}
		for _, user := range slices.Concat(evil(), []string{"a\\u2028b\\u2029", `"a\u2028b\u2029"`, `a\u0000b`, `"a\u0000b"`, "a b", "ab"}) {
			r := login()
			r.User = user
			line := string(f.Append(nil, r))
			if other, twice := seen[line]; twice {
				t.Errorf("%s: %q looks like %q", word, user, other)
			}
			seen[line] = user
		}
	}
}
