package window_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/admin/api"
	"ivalt-radius/admin/view"
	"ivalt-radius/admin/view/viewtest"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/clienting"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/defence"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/state"
)

// lost is what a document loses or gains when the window reads it: differences, or the error. There is none where all of it is described.
func lost(t *testing.T, said json.RawMessage, as any) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(said))
	d.DisallowUnknownFields()
	if err := d.Decode(as); err != nil {
		return err.Error()
	}
	again, err := json.Marshal(as)
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	for text, to := range map[*json.RawMessage]*any{&said: &was, (*json.RawMessage)(&again): &is} {
		if err := json.Unmarshal(*text, to); err != nil {
			t.Fatal(err)
		}
	}
	return cmp.Diff(was, is)
}

// TestDocumentsOfTypes: what the commands' types can say, the window's can.
func TestDocumentsOfTypes(t *testing.T) {
	for name, c := range map[string]struct{ says, reads any }{
		"an order about a client": {&clienting.Outcome{}, &api.Said{}},
		"nodes":                   {&sharing.Report{}, &api.Nodes{}}, "disconnect": {&dynauth.Result{}, &api.Disconnected{}},
	} {
		t.Run(name, func(t *testing.T) {
			viewtest.Say(reflect.ValueOf(c.says).Elem())
			said, err := json.Marshal(c.says)
			if err != nil {
				t.Fatal(err)
			}
			if diff := lost(t, said, c.reads); diff != "" {
				t.Error(diff)
			}
		})
	}
	if lost(t, json.RawMessage(`{"said":[],"more":1}`), &api.Said{}) == "" || lost(t, json.RawMessage(`{}`), &api.Said{}) == "" {
		t.Error("a document that the window does not know is no finding")
	}
}

// keeping keeps evidence, unless it fails, and does nothing.
type keeping struct {
	kept  *[]audit.Event
	fails *error
}

func (k keeping) Commit(_ context.Context, e audit.Event) error {
	*k.kept = append(*k.kept, e)
	return *k.fails
}

func (keeping) Note(audit.Event)       {}
func (keeping) Release(string, string) {}
func (keeping) Lockouts() []gate.Lockout {
	return []gate.Lockout{{User: "bob", Station: "192.0.2.1", Until: time.Now(), Count: 2}}
}
func (keeping) Disconnect(context.Context, string, netip.Addr) (int, error) { return 1, io.EOF }

// server is the running server's side of the commands about incidents, blocks and clients.
func server(t *testing.T) (h http.Handler, id string, k keeping) {
	t.Helper()
	k = keeping{new([]audit.Event), new(error)}
	dir := t.TempDir()
	store, err := state.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	blocks, err := block.Open(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	book, err := incident.Open(dir, incident.Settings{}, incident.Deps{Recorder: k})
	if err != nil {
		t.Fatal(err)
	}
	book.Take(guard.Alert{
		Rule: guard.PushBombing, Severity: guard.Medium, Subject: guard.Subject{User: "alice"}, Count: 5, First: time.Now(), Last: time.Now(), Detail: "as it is",
		Evidence: []guard.Line{{Time: time.Now(), Record: json.RawMessage(`{"user":"alice"}`)}},
	})
	memory, err := clienting.Open(store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	settings := &config.Settings{Clients: []config.Client{{Name: "a", Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, MessageAuthenticator: "auto"}}}
	mux := http.NewServeMux()
	defence.Handle(mux, defence.Deps{Trail: k, Incidents: book, Blocks: blocks, Releaser: k, Lockouts: k, Disconnector: k})
	clienting.Handle(mux, clienting.Running{
		Settings: func() *config.Settings { return settings }, Memory: memory, Trail: k, Waiting: func() map[sighting.Peer]int { return nil },
	})
	(*sharing.Sharing)(nil).Handle(mux)
	return mux, book.List()[0].ID, k
}

// TestDocumentsOfCommands: what the commands really say, and how they refuse.
func TestDocumentsOfCommands(t *testing.T) {
	h, id, _ := server(t)
	const why = `"reason":"as it is"`
	for _, c := range []struct {
		path, in string
		reads    any
		refused  view.Kind // where reads is nil
	}{
		{view.PathIncidents, `{"severity":"low"}`, &[]incident.Incident{}, 0},
		{view.PathIncident, `{"id":"` + id + `"}`, &incident.Incident{}, 0},
		{view.PathIncident, `{"id":"19990101"}`, nil, view.Missing},
		{view.PathAck, `{"id":"` + id + `",` + why + `}`, &api.Handled{}, 0},
		{view.PathAck, `{"id":"` + id + `",` + why + `}`, nil, view.Conflicting},
		{view.PathBlock, `{"user":"alice","for":3600000000000,"disconnect":true,` + why + `}`, &api.Placed{}, 0},
		{view.PathBlock, `{"address":"192.0.2.0/24","for":3600000000000,` + why + `}`, &api.Placed{}, 0},
		{view.PathBlock, `{"user":"alice"}`, nil, view.Invalid},
		{view.PathClose, `{"id":"` + id + `",` + why + `}`, &api.Handled{}, 0},
		{view.PathClose, `{"id":"` + id + `",` + why + `}`, nil, view.Conflicting},
		{view.PathBlocks, `{}`, &[]block.Block{}, 0},
		{view.PathLockouts, `{}`, &[]gate.Lockout{}, 0},
		{view.PathUnblock, `{"address":"192.0.2.7",` + why + `}`, nil, view.Missing},
		{view.PathUnblock, `{"user":"alice",` + why + `}`, &api.Lifted{}, 0},
		{view.PathClients, `{}`, &view.Clients{}, 0},
		{view.PathEnforce, `{"client":"a","address":"192.0.2.9",` + why + `}`, nil, view.Conflicting},
		{view.PathEnforce, `{"client":"a","address":"192.0.2.9","force":true,` + why + `}`, &api.Said{}, 0},
		{view.PathEnforce, `{"client":"b",` + why + `}`, nil, view.Missing},
		{view.PathClients, `{}`, &view.Clients{}, 0},
		{view.PathForget, `{"client":"a","address":"192.0.2.9",` + why + `}`, &api.Said{}, 0},
		{view.PathForget, `{"client":"a","address":"192.0.2.9",` + why + `}`, nil, view.Missing},
		{view.PathNodes, `{}`, nil, view.Missing},
	} {
		var said json.RawMessage
		err := control.Within(t.Context(), h, "account=ada", c.path, json.RawMessage(c.in), &said)
		if c.reads == nil {
			if refusal, ok := err.(view.Refusal); !ok || refusal.Kind != c.refused || refusal.Words == "" { //nolint:errorlint // it is plain
				t.Errorf("%s %s: %#v, want the kind %d", c.path, c.in, err, c.refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", c.path, c.in, err)
			continue
		}
		if diff := lost(t, said, c.reads); diff != "" {
			t.Errorf("%s %s says %s: %s", c.path, c.in, said, diff)
		}
	}
}

// TestNothingWithoutEvidence: where none can be kept the window says to come again; what the API asks a reason for stands in it.
func TestNothingWithoutEvidence(t *testing.T) {
	h, id, k := server(t)
	ask := func(path, in string) error {
		return control.Within(t.Context(), h, "account=ada", path, json.RawMessage(in), nil)
	}
	const order = `{"client":"a","address":"192.0.2.9","force":true,"reason":"as it is"}`
	if err := ask(view.PathEnforce, order); err != nil {
		t.Fatal(err)
	}
	*k.fails = io.ErrShortWrite
	for path, in := range map[string]string{
		view.PathAck: `{"id":"` + id + `","reason":"r"}`, view.PathIncidents: `{}`, view.PathBlocks: `{}`, view.PathBlock: `{"user":"alice","for":3600000000000,"reason":"r"}`,
		view.PathForget: order, view.PathEnforce: `{"client":"a","force":true,"reason":"r"}`,
	} {
		if refusal, ok := ask(path, in).(view.Refusal); !ok || refusal.Kind != view.Unavailable { //nolint:errorlint // it is plain
			t.Errorf("%s: %#v", path, refusal)
		}
	}
	*k.kept, *k.fails = nil, nil
	if err := ask(view.PathForget, order); err != nil {
		t.Fatal(err)
	}
	want := []audit.Event{audit.Action{
		Action: "forget_message_authenticator", Actor: "account=ada", Target: "a 192.0.2.9", Detail: "may ask without Message-Authenticator again: as it is",
	}}
	if diff := cmp.Diff(want, *k.kept); diff != "" {
		t.Error(diff)
	}
}
