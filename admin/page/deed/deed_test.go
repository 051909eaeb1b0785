package deed

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
)

// TestAllDeeds are whole: each needs what the roles are made for, says what will happen, and has words for each outcome.
func TestAllDeeds(t *testing.T) {
	at := map[string]bool{}
	for _, d := range All() {
		need := access.Write
		switch d.At {
		case "/clients/enforce":
			need = access.Configure
		case "/clients/forget":
			need = access.Delete
		}
		if d.Need != need {
			t.Errorf("%s needs %d", d.At, d.Need)
		}
		if at[d.At] || d.View == "" || d.Path == "" || d.Title == "" || d.Button == "" || len(d.Will) == 0 {
			t.Errorf("%+v", d)
		}
		at[d.At] = true
		f := Form{url.Values{"user": {"bob"}, "client": {"vpn"}, "id": {"i/1"}, "for": {"1h"}, "reason": {"x"}}}
		if _, err := d.Order(f); err != nil {
			t.Errorf("%s: %v", d.At, err)
		}
		for _, answer := range []string{`{}`, `{"sessions":[{"state":"gone"}]}`, `[`, `null`} {
			if told := d.Told(json.RawMessage(answer)); Said(told.Code) == "" {
				t.Errorf("%s: nothing is said of %s", d.At, answer)
			}
		}
		if path, _ := d.Back(f); !strings.HasPrefix(path, "/"+d.View) {
			t.Errorf("%s: back to %s", d.At, path)
		}
	}
	if Said("") != "" || Said("Blocked") != "" {
		t.Error("words for no code")
	}
}

// TestReasons: what is done to people and to incidents, and what may lock people out, has a reason.
func TestReasons(t *testing.T) {
	for _, d := range All() {
		err := d.Check(Form{url.Values{"user": {"bob"}}})
		if wanted := d.At != "/clients/forget"; (err != nil) != wanted {
			t.Errorf("%s without a reason: %v", d.At, err)
		}
		long := Form{url.Values{"user": {strings.Repeat("x", mostText+1)}, "client": {strings.Repeat("x", mostText+1)}, "id": {strings.Repeat("x", mostText+1)}, "reason": {"x"}}}
		if d.Check(long) == nil {
			t.Errorf("%s takes more than it has room for", d.At)
		}
	}
}

// TestOrdersRefused: the server is not asked what makes no sense.
func TestOrdersRefused(t *testing.T) {
	for name, c := range map[string]struct {
		d Deed
		f url.Values
	}{
		"nobody is blocked":        {Block(), url.Values{"for": {"1h"}}},
		"no time":                  {Block(), url.Values{"user": {"bob"}}},
		"both":                     {Unblock(), url.Values{"user": {"bob"}, "address": {"192.0.2.1"}}},
		"nobody is unlocked":       {Unlock(), nil},
		"nobody's sessions":        {Disconnect(), nil},
		"sessions from no address": {Disconnect(), url.Values{"address": {"192.0.2.0/24"}}},
	} {
		if order, err := c.d.Order(Form{c.f}); err == nil {
			t.Errorf("%s: %+v", name, order)
		}
	}
}

// TestEnded: a session that may still be there is told, and nothing is called done that is not known.
func TestEnded(t *testing.T) {
	for answer, want := range map[string]Outcome{
		`{"sessions":[{"state":"gone"},{"state":"disconnected"}]}`: {Code: "disconnected", Count: 2},
		`{"sessions":[]}`: {Code: "none_known"},
		`[]`:              {Code: "disconnected", Lines: []string{"What became of the sessions is not known: look at the trail, and do it again."}},
		`{"sessions":[{"state":"refused","client":"vpn","cause":"busy"}],"left":2}`: {
			Code: "disconnected", Count: 1, Lines: []string{"A session at vpn may still be there: refused. busy", "Sessions that are left, since there are more than are ended at once: 2. Do it again."},
		},
	} {
		if got := Disconnect().Told(json.RawMessage(answer)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", answer, got)
		}
	}
}

func TestKinds(t *testing.T) {
	for k, want := range map[Kind]string{Fixed: "fixed", Text: "text", Choice: "choice", Check: "check", 9: "fixed"} {
		if k.String() != want {
			t.Errorf("%d is %s", k, k)
		}
	}
}
