//go:build interop

package nodes_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

const (
	password = "correct horse battery staple"
	station  = "198.51.100.7"
	other    = "198.51.100.8"
	sentence = "Try again later." // where no phone may ring
	denied   = "Access denied."
)

// clusterKey seals what the nodes share.
const clusterKey = "Wm4tJx9Lq2Rz7vBn5Ks8Yp3Hc6Df1Gaa"

// wideOpen holds nobody back: what the gate limits is not these tests'.
const wideOpen = "guard: {attempts: {per_user: 0, per_calling_station: 0}, pushes: {per_user: 0, per_calling_station: 0}, " +
	"wrong_passwords: {per_user: 0, per_calling_station: 0}, unanswered: {after: 0}, denied: {for: 0s}}\n"

// node is one server process of a house.
type node struct {
	*blackbox.Site

	name string
	wire *wire // its way to Redis; nil: it has none of its own
}

// house is several nodes on one memory, with one cloud.
type house struct {
	cloud *ivalttest.Cloud
	redis *servers.Server // nil: none, or not one alone
	nodes []*node
}

// memory is where nodes keep what they share: the keys below state.redis.
type memory func(n *node) string

// alone is one Redis, asked by each node through its own wire.
func alone(n *node) string { return addresses(n.wire.address()) }

func addresses(all ...string) string { return "addresses: [" + strings.Join(all, ", ") + "]" }

// plan is a house to be: what differs from the usual.
type plan struct {
	nodes    int // 0: two
	memory   memory
	settings func(n *node) // what else is in the settings of each
	more     string        // further lines below state.redis
	redis    []string      // further arguments of the one Redis
}

// build makes a house, and starts nothing but its one Redis, which it has where no other memory is planned.
func build(t *testing.T, p plan) *house {
	t.Helper()
	h := &house{}
	if p.memory == nil {
		p.memory = alone
		h.redis = servers.Redis(t, p.redis...)
	}
	for i := range cmp.Or(p.nodes, 2) {
		n := &node{Site: blackbox.NewSite(t), name: string(rune('a' + i))}
		if i == 0 {
			h.cloud = n.Cloud
		}
		n.Cloud = h.cloud
		if len(h.nodes) > 0 {
			n.CloudURL = h.nodes[0].CloudURL
		}
		if h.redis != nil {
			n.wire = newWire(t, h.redis.Address())
		}
		n.Settings.IVALT = "approval_timeout: 25s"
		n.Settings.Policy = "\n  default: require_push\n  rules: [{name: machines, match: {users: [\"svc-*\"]}, decision: exempt}]"
		if p.settings != nil {
			p.settings(n)
		}
		if !strings.Contains(n.Settings.More, "guard:") {
			n.Settings.More += wideOpen
		}
		// The settings file ends with the map `state:`, so what is indented goes on there.
		n.Settings.More = shared(p, n) + n.Settings.More
		h.nodes = append(h.nodes, n)
	}
	return h
}

// shared are the lines of state.node and state.redis; none where a node is by itself.
func shared(p plan, n *node) string {
	where := p.memory(n)
	if where == "" {
		return ""
	}
	text := "  node: " + n.name + "\n  redis:\n    " + where + "\n    tls: \"off\"\n    cluster_key: " + clusterKey + "\n"
	if p.more != "" {
		text += "    " + p.more + "\n"
	}
	return text
}

// open builds a house and starts all its nodes.
func open(t *testing.T, p plan) *house {
	t.Helper()
	h := build(t, p)
	for _, n := range h.nodes {
		n.Start(t)
	}
	return h
}

// a and b are the first two nodes.
func (h *house) a() *node { return h.nodes[0] }
func (h *house) b() *node { return h.nodes[1] }

// enrol gives a user a phone that behaves so.
func (h *house) enrol(user string, does ivalttest.Behaviour, after time.Duration) {
	h.cloud.Set(ivalttest.Person{Email: blackbox.Email(user), Behaviour: does, After: after})
}

// mobile is a user's.
func mobile(user string) string { return ivalttest.DerivedMobile(blackbox.Email(user)) }

// rings waits for a push to the user.
func (h *house) rings(t *testing.T, user string) {
	t.Helper()
	blackbox.Eventually(t, "a push to "+user, func() bool { return h.cloud.Pushes(mobile(user)) > 0 })
}

// rang fails the test unless the user's phone rang so often.
func (h *house) rang(t *testing.T, user string, want int) {
	t.Helper()
	if n := h.cloud.Pushes(mobile(user)); n != want {
		t.Errorf("%s: %d pushes, want %d", user, n, want)
	}
}

// polled waits until the user's result has been asked for since then; it returns when that was.
func (h *house) polled(t *testing.T, user string, since time.Time) (when time.Time) {
	t.Helper()
	blackbox.Eventually(t, "a poll for "+user, func() bool {
		for _, r := range h.cloud.Requests() { // newest first
			if r.Time.Before(since) {
				break
			}
			if r.Endpoint == ivalttest.ResultEndpoint && r.Mobile == mobile(user) {
				when = r.Time
			}
		}
		return !when.IsZero()
	})
	return when
}

// login is a user's, from the usual place.
func login(user string) blackbox.Login {
	return blackbox.Login{User: user, Password: password, CallingStation: station}
}

// did waits until a trail's last login of the user ended so.
func (n *node) did(t *testing.T, user, verdict, reason string) {
	t.Helper()
	var last string
	blackbox.Eventually(t, fmt.Sprintf("%s: %s ends as %s, %s", n.name, user, verdict, reason), func() bool {
		all := n.Attempts(t, user)
		if len(all) == 0 {
			return false
		}
		r := all[len(all)-1]
		last = r.Text("verdict") + ", " + r.Text("reason")
		return last == verdict+", "+reason
	})
}

// listed has the users' passwords checked against a file that every node has.
func (h *house) listed(t *testing.T, users ...string) {
	t.Helper()
	var text strings.Builder
	for _, user := range users {
		fmt.Fprintf(&text, "%q: {password: %q}\n", user, blackbox.Hashed)
	}
	for _, n := range h.nodes {
		n.List(t, text.String())
		n.Settings.More += "primary: {method: file}\n"
	}
}

// accepted fails the test unless the reply lets the person in.
func accepted(t *testing.T, reply blackbox.Reply) {
	t.Helper()
	if reply.Code != blackbox.AccessAccept || reply.Message != "Access granted." {
		t.Errorf("code %d, %q; want an Access-Accept", reply.Code, reply.Message)
	}
}

// rejected fails the test unless the reply refuses with the sentence.
func rejected(t *testing.T, reply blackbox.Reply, sentence string) {
	t.Helper()
	if reply.Code != blackbox.AccessReject || reply.Message != sentence {
		t.Errorf("code %d, %q; want an Access-Reject with %q", reply.Code, reply.Message, sentence)
	}
}
