package mask_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/format"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/query"
)

func mustNew(t *testing.T, seed byte) mask.Pseudonymizer {
	t.Helper()
	p, err := mask.New(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recordOf is an event as it is read from a trail.
func recordOf(t interface{ Fatal(...any) }, e audit.Event) *query.Record {
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	line, _ := chain.AppendLine(nil, at, 7, e.EventType(), e.AppendFields(nil), chain.DigestOf(nil))
	r, err := query.Parse(bytes.TrimSuffix(line, []byte("\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPseudonyms(t *testing.T) {
	p := mustNew(t, 1)
	same := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			if text != texts[0] {
				t.Errorf("not all alike: %q", texts)
			}
		}
	}
	same(p.User("alice@corp"), p.User("ALICE@Corp"), p.User(" alice@corp"), mustNew(t, 1).User("alice@corp"))
	same(p.Address("2001:db8::7"), p.Address("2001:DB8:0::7"))
	same(p.Address("198.51.100.7"), p.Address("::ffff:198.51.100.7"))
	same(p.Address("00-11-22-AA-BB-CC"), p.Address("00-11-22-aa-bb-cc"))
	same(p.User(""), p.Address(""), p.Mobile(""), "")
	all := []string{
		p.User("alice"), p.User("bob"), mustNew(t, 2).User("alice"), p.Address("alice"), p.Address("198.51.100.7"), p.Mobile("********81"), p.Mobile("********82"),
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != len(all) {
		t.Errorf("two are alike: %q", all)
	}
	for _, text := range all {
		class, digits, _ := strings.Cut(text, "-")
		if !slices.Contains([]string{"user", "address", "mobile"}, class) || len(digits) != 16 {
			t.Error(text)
		}
	}
}

// becomes is an event, and the members of its masked line behind seq.
type becomes struct {
	event audit.Event
	want  string
}

// masks are events of logins and settings.
func masks(p mask.Pseudonymizer) map[string]becomes {
	alice, from, mobile := p.User("alice"), p.Address("198.51.100.7"), p.Mobile("**********81")
	return map[string]becomes{
		"attempt": {
			audit.Attempt{
				Attempt: "a-1", Client: "office", NAS: "192.0.2.1", User: "alice", CallingStation: "198.51.100.7", Decision: "require_push", Rule: "default",
				Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved", Duration: time.Second, Exchanges: 2, Packets: 3, LastPacket: 2500 * time.Millisecond, Mobile: "491701239881",
				Detail: "Alice came from 198.51.100.7:99, not 2001:db8::1",
			},
			`"type":"authentication_attempt","attempt":"a-1","client":"office","nas":"` + p.Address("192.0.2.1") + `","user":"` + alice + `","calling_station":"` + from +
				`","decision":"require_push","rule":"default","factors":["password","push"],"verdict":"accept","reason":"approved","duration_ms":1000,"mobile":"` +
				mobile + `","exchanges":2,"packets":3,"last_packet_ms":2500,"detail":"` + alice + ` came from ` + from + `:99, not ` + p.Address("2001:db8::1") + `"`,
		},
		"security": {
			audit.Security{Event: "collision", Attempt: "a-1", Client: "office", User: "alice", CallingStation: "198.51.100.7", Detail: "two"},
			`"type":"security_event","event":"collision","attempt":"a-1","client":"office","user":"` + alice + `","calling_station":"` + from + `","detail":"two"`,
		},
		"a short name": {
			audit.Security{Event: "x", User: "al", Detail: "Al and all"},
			`"type":"security_event","event":"x","attempt":"","client":"","user":"` + p.User("al") + `","calling_station":"","detail":"` + p.User("al") + ` and all"`,
		},
		"configuration": {
			audit.Configuration{Event: "reloaded", Digest: "ab", Detail: "x", Changes: []audit.Change{{Key: "a", Before: "alice", After: ""}, {Key: "b"}}},
			`"type":"configuration_change","event":"reloaded","digest":"ab","detail":"x","changes":[{"key":"a","before":"[MASKED]","after":""},{"key":"b","before":"","after":""}]`,
		},
	}
}

// furtherMasks are other events.
func furtherMasks(p mask.Pseudonymizer) map[string]becomes {
	alice, from := p.User("alice"), p.Address("198.51.100.7")
	return map[string]becomes{
		"api": {
			audit.APICall{Attempt: "a-1", Call: "push", Endpoint: "/x/198.51.100.7", Status: 200, Class: "pending", Duration: time.Second, RequestID: "r-1"},
			`"type":"api_request","attempt":"a-1","call":"push","endpoint":"/x/` + from + `","status":200,"class":"pending","duration_ms":1000,"request_id":"r-1"`,
		},
		"action": {
			audit.Action{Action: "unblock", Actor: "uid=0 pid=12", Target: "alice", Detail: "by hand"},
			`"type":"user_action","action":"unblock","actor":"uid=0 pid=12","target":"` + alice + `","detail":"by hand"`,
		},
		"action on an address": {
			audit.Action{Action: "unblock", Actor: "alice", Target: "198.51.100.7"},
			`"type":"user_action","action":"unblock","actor":"` + alice + `","target":"` + from + `","detail":""`,
		},
		"action on both": {
			audit.Action{Action: "forget", Actor: "uid=alice", Target: "alice 198.51.100.7"},
			`"type":"user_action","action":"forget","actor":"` + p.User("uid=alice") + `","target":"` + alice + " " + from + `","detail":""`,
		},
		"accounting": {
			audit.Accounting{
				Client: "office", NAS: "gw", User: "alice", CallingStation: "198.51.100.7", Status: "stop", Session: "alice-8846f7eaee8fb117ad06bdd830b7586c",
				FramedIP: "10.8.0.7", SessionTime: 60, InputOctets: 1 << 40, OutputOctets: 2, TerminateCause: 1,
			},
			`"type":"user_action","action":"accounting","client":"office","nas":"gw","user":"` + alice + `","calling_station":"` + from + `","status":"stop","session":"` + alice +
				`-8846f7eaee8fb117ad06bdd830b7586c","framed_ip":"` + p.Address("10.8.0.7") + `","session_time":60,"input_octets":1099511627776,"output_octets":2,"terminate_cause":1`,
		},
		"access": {
			audit.Access{Action: "tail", Actor: "uid=0 pid=1", Filter: `--since "2026" --user "ali\"ce" --client "office"`, Detail: "to /tmp/x"},
			`"type":"data_access","action":"tail","actor":"uid=0 pid=1","filter":"--since \"2026\" --user \"` + p.User(`ali"ce`) + `\" --client \"office\"","detail":"to /tmp/x"`,
		},
		"system": {audit.System{Event: "started", Detail: "version 0"}, `"type":"system_event","event":"started","detail":"version 0"`},
		"segment": {
			audit.Segment{Event: "segment_started", File: "audit.jsonl.x", First: 1, Last: 9, Hash: "abc", Detail: ""},
			`"type":"system_event","event":"segment_started","file":"audit.jsonl.x","first":1,"last":9,"detail":""`,
		},
		"checkpoint": {audit.Checkpoint{Key: "k", Covers: 3, Hash: "abc", Signature: "c"}, `"type":"system_event","event":"checkpoint","detail":""`},
		"forgotten": {
			audit.Forgotten{Actor: "uid=0 pid=1", Pseudonym: "forgotten-1", Lines: []audit.ForgottenLine{{Seq: 1}}},
			`"type":"user_action","action":"forget","actor":"uid=0 pid=1","target":"` + p.User("forgotten-1") + `","detail":""`,
		},
	}
}

// TestRecord is what becomes of each kind of line.
func TestRecord(t *testing.T) {
	p := mustNew(t, 1)
	all := masks(p)
	maps.Copy(all, furtherMasks(p))
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			r := recordOf(t, c.event)
			before := string(r.Line)
			m := p.Record(r)
			if diff := cmp.Diff(`{"time":"2026-11-26T09:00:00Z","seq":7,`+c.want+"}", string(m.Line)); diff != "" {
				t.Error(diff)
			}
			if m.Hash != "" || m.LastHash != "" || string(r.Line) != before || r.Hash == "" {
				t.Error("a hash stands there, or the record itself was changed")
			}
			again, err := query.Parse(m.Line)
			if err != nil || !json.Valid(m.Line) {
				t.Fatal(err)
			}
			again.Line, m.Line = nil, nil
			if m.Factors == nil {
				again.Factors = nil
			}
			if m.Changes == nil {
				again.Changes = nil
			}
			m.Status = again.Status
			if diff := cmp.Diff(m, again); diff != "" {
				t.Errorf("the line and the fields tell two stories:\n%s", diff)
			}
		})
	}
}

// TestNobodyStandsInAMaskedExport, whatever their names, in any form.
func TestNobodyStandsInAMaskedExport(t *testing.T) {
	p := mustNew(t, 3)
	forms := map[string]format.Format{}
	for _, word := range []string{"json", "ecs", "cef", "csv"} {
		f, err := format.New(word, "0")
		if err != nil {
			t.Fatal(err)
		}
		forms[word] = f
	}
	canary := func(t *rapid.T, name string) string {
		return rapid.SampledFrom([]string{"", "CORP\\", "é", `"`, " ", "=|"}).Draw(t, name+" before") + "canary" +
			rapid.StringMatching(`[a-z]{3,8}`).Draw(t, name) + rapid.SampledFrom([]string{"", "@corp", "@mail.example", "\n", "\u202e"}).Draw(t, name+" behind")
	}
	address := func(t *rapid.T, name string) string {
		return rapid.OneOf(rapid.StringMatching(`198\.51\.100\.1[0-9]{2}`), rapid.StringMatching(`2001:db8::ca[a-f]{2}:[1-9a-f]{2,4}`)).Draw(t, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		user, from, framed := canary(t, "user"), address(t, "from"), address(t, "framed")
		mobile := "+" + rapid.StringMatching(`[1-9][0-9]{11}`).Draw(t, "mobile")
		words := rapid.SampledFrom([]string{"", "of %s", "%s was here", "(%s)"}).Draw(t, "words")
		detail := words
		if words != "" {
			detail = fmt.Sprintf(words, strings.ToUpper(user)) + " " + fmt.Sprintf(words, from) + " " + fmt.Sprintf(words, mobile)
		}
		for _, e := range []audit.Event{
			audit.Attempt{User: user, CallingStation: from, NAS: framed, Mobile: mobile, Detail: detail, Factors: []string{"push"}},
			audit.Security{Event: "collision", User: user, CallingStation: from, Detail: detail},
			audit.Configuration{Event: "reloaded", Changes: []audit.Change{{Key: "k", Before: user, After: from}}},
			audit.Action{Action: "unblock", Actor: user, Target: from, Detail: fmt.Sprintf("%s %s", from, mobile)},
			audit.Action{Action: "unblock", Actor: user, Target: user, Detail: detail},
			audit.Access{Action: "tail", Filter: query.Filter{User: user}.String()},
			audit.Accounting{User: user, CallingStation: from, Session: user + "-" + from, FramedIP: framed, Status: "start"},
		} {
			masked := p.Record(recordOf(t, e))
			for word, f := range forms {
				out := string(f.Header()) + string(f.Append(nil, masked))
				found := slices.ContainsFunc([]string{from, framed, mobile[1:], mobile[1:11], "canary"}, func(s string) bool {
					return strings.Contains(strings.ToLower(out), strings.ToLower(s))
				})
				if found {
					t.Fatalf("%T as %s: %s", e, word, out)
				}
			}
		}
	})
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, mask.KeyFile)
	var all sync.WaitGroup
	names := make([]string, 8)
	for i := range names {
		all.Go(func() {
			p, err := mask.Open(dir)
			if err != nil {
				t.Error(err)
			}
			names[i] = p.User("alice")
		})
	}
	all.Wait()
	if len(slices.Compact(names)) != 1 {
		t.Errorf("made at once by several: %v", names)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if other, err := mask.Open(t.TempDir()); err != nil || other.User("alice") == names[0] {
		t.Errorf("two keys are alike; %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{"empty": "", "short": string(text[:62]), "long": string(text) + "0", "no hex": strings.Repeat("x", 64) + "\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := mask.Open(dir); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := mask.Open(dir); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
		t.Error(err)
	}
	for _, dir := range []string{filepath.Join(dir, "none"), path} {
		if _, err := mask.Open(dir); err == nil {
			t.Errorf("a key in %s", dir)
		}
	}
	if _, err := mask.New(make([]byte, 31)); err == nil {
		t.Error("a short key")
	}
}

func BenchmarkRecord(b *testing.B) {
	p, err := mask.New(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	r := recordOf(b, audit.Attempt{Attempt: "a-1", User: "alice@corp.example", CallingStation: "198.51.100.7", Mobile: "********81", Factors: []string{"push"}})
	for b.Loop() {
		p.Record(r)
	}
}
