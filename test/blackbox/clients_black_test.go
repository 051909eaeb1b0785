package blackbox_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// lenient is a client that may ask without Message-Authenticator.
const lenient = `
  - {name: gateway, networks: [` + blackbox.Source + `/32, ` + blackbox.Second + `/32], secrets: ["` + blackbox.Secret + `"], message_authenticator: optional}`

// overview is what `clients --json` says.
type overview struct {
	Running bool
	Clients []struct {
		Name, Profile string
		Enforced      bool
		Secrets       []struct {
			Key string
			Old bool
		}
		Addresses []seenAddress
	}
	Strangers []struct {
		Address string
		Packets int
	}
}

// seenAddress is one address of a client.
type seenAddress struct {
	Address, State string

	LastSeen   time.Time `json:"last_seen"`
	EnforcedBy []string  `json:"enforced_by"`

	Signed, Unsigned, Refused, Forged tally

	Accepted, Rejected int
}

type tally struct{ Count int }

// UnmarshalJSON reads what has names of its own.
func (a *seenAddress) UnmarshalJSON(text []byte) error {
	type plain seenAddress
	other := struct {
		*plain
		Refused tally `json:"unsigned_refused"`
		Forged  tally `json:"bad_signature"`
	}{plain: (*plain)(a)}
	err := json.Unmarshal(text, &other)
	a.Refused, a.Forged = other.Refused, other.Forged
	return err
}

func clientsOf(t *testing.T, site *blackbox.Site) (o overview) {
	t.Helper()
	if err := json.Unmarshal([]byte(does(t, site, []string{"clients", "--json"})), &o); err != nil || len(o.Clients) != 1 || o.Clients[0].Name != "gateway" {
		t.Fatalf("%v: %+v", err, o)
	}
	return o
}

// addressOf waits until what is known of one address is as wanted.
func addressOf(t *testing.T, site *blackbox.Site, address string, is func(seenAddress) bool) {
	t.Helper()
	blackbox.Eventually(t, "what is known of "+address, func() bool {
		return slices.ContainsFunc(clientsOf(t, site).Clients[0].Addresses, func(a seenAddress) bool { return a.Address == address && is(a) })
	})
}

// TestClients: what each address does is seen; who has to sign by hand has to, over a kill, until that is lifted.
func TestClients(t *testing.T) {
	t.Parallel()
	site := guarded(t, "attempts: {per_user: 0}", "svc-bob")
	site.Settings.Clients = lenient
	site.Start(t)
	login := blackbox.Login{User: "svc-bob", Password: password, CallingStation: station}
	unsigned := login
	unsigned.Unsigned = true
	accepted(t, site.NAS(t).Login(t, login))
	accepted(t, site.NAS(t).Login(t, unsigned))
	blackbox.NewNAS(t, "127.0.0.98", site.Authentication(), blackbox.Secret).Send(blackbox.NewRequest(login, blackbox.Secret))
	addressOf(t, site, blackbox.Source, func(a seenAddress) bool {
		return a.State == "observe" && a.Signed.Count == 1 && a.Unsigned.Count == 1 && a.Accepted == 2 && len(a.EnforcedBy) == 0 && time.Since(a.LastSeen) < time.Minute
	})
	blackbox.Eventually(t, "the stranger", func() bool {
		o := clientsOf(t, site)
		return o.Running && len(o.Clients[0].Secrets) == 1 && len(o.Strangers) == 1 && o.Strangers[0].Address == "127.0.0.98" && o.Strangers[0].Packets == 1
	})

	enforce := []string{"clients", "enforce", "--client", "gateway", "--address", blackbox.Source, "--reason", "it signs since today"}
	if out, code := blackbox.Run(t, append(enforce, "--config", site.Config())...); code != 1 || !strings.Contains(out, "is not ready") || !strings.Contains(out, "nothing was enforced") {
		t.Errorf("exit %d: %s", code, out)
	}
	accepted(t, site.NAS(t).Login(t, unsigned))
	does(t, site, append(enforce, "--force"), "gateway: "+blackbox.Source+" must send Message-Authenticator until ivalt-radius clients forget")
	blackbox.Eventually(t, "who enforced it", func() bool { return len(site.Actions(t, "enforce_message_authenticator")) == 1 })
	if a := site.Actions(t, "enforce_message_authenticator")[0]; !strings.Contains(a.Text("target"), blackbox.Source) || !strings.Contains(a.Text("detail"), "it signs since today (forced") || !strings.HasPrefix(a.Text("actor"), "uid=") {
		t.Errorf("the trail says %v", a)
	}
	mustSign := func() {
		t.Helper()
		nas := site.NAS(t)
		r := nas.Request(unsigned)
		nas.Send(r)
		nas.Silent(t, r, 300*time.Millisecond)
		accepted(t, site.NAS(t).Login(t, login))
		addressOf(t, site, blackbox.Source, func(a seenAddress) bool {
			return a.State == "enforced" && len(a.EnforcedBy) == 1 && a.Refused.Count > 0
		})
	}
	mustSign()
	site.Server.Kill()
	site.Start(t)
	mustSign()
	does(t, site, []string{"clients", "forget", "--client", "gateway", "--address", blackbox.Source}, "may ask without Message-Authenticator")
	accepted(t, site.NAS(t).Login(t, unsigned))
	if n := len(site.Actions(t, "forget_message_authenticator")); n != 1 {
		t.Errorf("%d records of who forgot", n)
	}
}

// TestAClientThatIsReady need not be forced, whose every latest request was signed.
func TestAClientThatIsReady(t *testing.T) {
	t.Parallel()
	site := guarded(t, "attempts: {per_user: 0}", "svc-bob")
	site.Settings.Clients = lenient
	site.Start(t)
	nas := blackbox.NewNAS(t, blackbox.Second, site.Authentication(), blackbox.Secret)
	for id := range byte(10) {
		accepted(t, nas.Login(t, blackbox.Login{User: "svc-bob", Password: password, CallingStation: station, ID: id}))
	}
	addressOf(t, site, blackbox.Second, func(a seenAddress) bool { return a.State == "ready" })
	does(t, site, []string{"clients"}, "gateway\n", blackbox.Second, "ready")
	does(t, site, []string{"clients", "enforce", "--client", "gateway", "--reason", "all of them sign"}, "gateway: every address must send Message-Authenticator")
	stopped(t, site)
	o := clientsOf(t, site) // as the last server left it
	if o.Running || !o.Clients[0].Enforced || len(o.Clients[0].Addresses) != 1 || o.Clients[0].Addresses[0].State != "enforced" || o.Clients[0].Addresses[0].Signed.Count != 10 {
		t.Errorf("without a server: %+v", o)
	}
}

// TestClientsAsJSON: the names that programs read.
func TestClientsAsJSON(t *testing.T) {
	t.Parallel()
	site := guarded(t, "", "svc-bob")
	site.Start(t)
	accepted(t, comes(t, site, "svc-bob", password, station))
	var whole struct{ Clients []map[string]any }
	if err := json.Unmarshal([]byte(does(t, site, []string{"clients", "list", "--json"})), &whole); err != nil || len(whole.Clients) != 1 {
		t.Fatalf("%v: %v", err, whole)
	}
	names := func(m map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(m)), " ") }
	client := whole.Clients[0]
	const ofClient = "addresses answer_within_ms enforced first_factor message_authenticator methods name networks profile profile_answer_within_ms secrets"
	if got := names(client); got != ofClient {
		t.Errorf("a client has %s", got)
	}
	const ofAddress = "accepted address advice approvals bad_signature challenged enforced_by first_seen interval_logins interval_ms last_seen late late_share " +
		"patience_logins patience_ms rejected signed signed_in_a_row state unanswered unsigned unsigned_refused waiting"
	addresses, _ := client["addresses"].([]any)
	if len(addresses) != 1 {
		t.Fatalf("addresses: %v", addresses)
	}
	if got, _ := addresses[0].(map[string]any); names(got) != ofAddress {
		t.Errorf("an address has %s", names(got))
	}
}
