package sharing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	window "ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

const (
	watchEvery = 2 * time.Second
	shoutEvery = time.Minute
)

// view is what was seen of the others at the last look.
type view struct {
	known bool
	nodes []Member
}

// watch looks at the other nodes until ctx ends.
func (n *Sharing) watch(ctx context.Context, look, shout <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
			n.look(ctx)
		case <-shout:
			n.shout()
		}
	}
}

// look sees who is there, and says who came and went. While the memory cannot be asked nobody is judged, and one that was emptied knows nobody
// who could have gone.
func (n *Sharing) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	nodes, err := n.engine.Nodes(ctx)
	if err != nil {
		return
	}
	n.mu.Lock()
	members := members(nodes, n.digest)
	before := n.view
	n.view = view{known: true, nodes: members}
	n.mu.Unlock()
	if !before.known {
		n.deps.Log.WithFields(logrus.Fields{"node": n.name, "nodes": texts(members)}).Info("nodes")
		return
	}
	n.came(before.nodes, members)
	n.went(before.nodes, members)
}

// alive reports whether a node of a name is.
func alive(members []Member, name string) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.Name == name && m.Alive })
}

func (n *Sharing) came(before, now []Member) {
	for _, m := range now {
		if m.Alive && !m.Self && !alive(before, m.Name) {
			n.member(logrus.InfoLevel, audit.System{Event: "node_joined", Detail: m.Name + ", version " + m.Version})
		}
	}
}

func (n *Sharing) went(before, now []Member) {
	for _, m := range before {
		if !m.Alive || m.Self || alive(now, m.Name) {
			continue
		}
		at := slices.IndexFunc(now, func(o Member) bool { return o.Name == m.Name })
		if at < 0 || now[at].State == Left {
			n.member(logrus.InfoLevel, audit.System{Event: "node_left", Detail: m.Name})
		} else {
			n.member(logrus.ErrorLevel, audit.System{Event: "node_died", Detail: m.Name + ", last seen " + output.Moment(now[at].Seen)})
		}
	}
}

// member says in the trail and in the log who came or went, and who is there.
func (n *Sharing) member(level logrus.Level, e audit.System) {
	n.deps.Note(e)
	n.mu.Lock()
	nodes := texts(n.view.nodes)
	n.mu.Unlock()
	n.deps.Log.WithFields(logrus.Fields{"event": e.Event, "detail": e.Detail, "node": n.name, "nodes": nodes}).Log(level, "nodes")
}

// changed keeps in the trail what the engine tells, which logs it itself.
func (n *Sharing) changed(e redis.Event) {
	n.mu.Lock()
	switch e.Kind { //nolint:exhaustive // the rest changes nothing here
	case redis.Unreachable:
		n.reach = reach{since: n.deps.Now(), gone: true, why: "unknown"}
		if e.Why != nil {
			n.reach.why = because(e.Why)
		}
	case redis.Reachable:
		n.reach = reach{since: n.deps.Now()}
	case redis.Emptied:
		n.view.known = false
	}
	why := n.reach.why
	n.mu.Unlock()
	if e.Kind == redis.Unreachable {
		e.Detail = n.redis.OnFailure + ": " + why
	}
	if record, ok := record(e); ok {
		n.deps.Note(record)
	}
}

// record is what the trail says of an event.
func record(e redis.Event) (audit.System, bool) {
	names := make([]string, len(e.Nodes))
	for i, name := range e.Nodes {
		names[i] = plain(name)
	}
	nodes := strings.Join(names[:min(len(names), mostMembers)], ", ")
	switch e.Kind {
	case redis.Unreachable:
		return audit.System{Event: "memory_unreachable", Detail: e.Detail}, true
	case redis.Reachable:
		return audit.System{Event: "memory_reachable", Detail: "after " + e.For.Round(time.Second).String()}, e.For > 0
	case redis.Emptied:
		return audit.System{Event: "memory_emptied", Detail: fmt.Sprintf("no phone counts as clean for %s", cluster.Young)}, true
	case redis.SameName:
		return audit.System{Event: "node_name_twice", Detail: nodes}, nodes != ""
	case redis.SettingsApart:
		return audit.System{Event: "nodes_differ", Detail: nodes}, true
	case redis.SettingsAlike:
		return audit.System{Event: "nodes_agree"}, true
	case redis.Evicts:
		return audit.System{Event: "memory_evicts", Detail: "maxmemory-policy is " + plain(e.Detail)}, true
	case redis.Old:
		return audit.System{Event: "memory_old", Detail: "version " + plain(e.Detail)}, true
	case redis.FeedLost:
		return audit.System{Event: "nodes_not_told", Detail: fmt.Sprintf("not told: %d", e.Count)}, true
	case redis.Unreadable:
		return audit.System{Event: "memory_unreadable", Detail: fmt.Sprintf("values: %d", e.Count)}, true
	case redis.NoEvent:
	}
	return audit.System{}, false
}

// turned shouts that the node goes on by itself, or no longer does.
func (n *Sharing) turned(t cluster.Turn) {
	if t.Alone {
		n.deps.Note(audit.Security{Event: "alone_begun", Detail: fmt.Sprintf("INSECURE: %s goes on by itself, with a part of the API budget (1 of %d)", n.name, n.redis.Nodes)})
		return
	}
	n.deps.Note(audit.Security{Event: "alone_ended", Detail: n.name + " was alone for " + n.deps.Now().Sub(t.Since).Round(time.Second).String() + ": " + counts(t)})
}

// shout says once a minute that the node is still alone.
func (n *Sharing) shout() {
	if n.alone == nil {
		return
	}
	if t := n.alone.Now(); t.Alone {
		n.deps.Note(audit.Security{Event: "alone_lasts", Detail: "INSECURE: " + n.name + " is alone since " + output.Moment(t.Since) + ": " + counts(t)})
	}
}

func counts(t cluster.Turn) string {
	return fmt.Sprintf("decided by itself: attempts %d, phones %d", t.Attempts, t.Phones)
}

// mostWhy bounds the words of an error.
const mostWhy = 400

// because is why the memory cannot be asked, without the words that whoever shows it says already.
func because(err error) string {
	return safe(strings.TrimPrefix(err.Error(), cluster.ErrUnreachable.Error()+": "))
}

// safe are an error's words on one line.
func safe(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > mostWhy {
		text = strings.ToValidUTF8(text[:mostWhy], "") + "..."
	}
	return text
}

// Ready are the fields of the log's ready line; none where the node is alone.
func (n *Sharing) Ready() logrus.Fields {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return logrus.Fields{"node": n.name, "nodes": texts(n.view.nodes)}
}

var errAlone error = window.Refusal{Kind: window.Missing, Words: "no shared memory is configured: this node is alone; docs/cluster.md says how several share one (state.redis.addresses)"}
