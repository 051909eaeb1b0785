package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/shared"
)

const (
	watchEvery = 2 * time.Second
	shoutEvery = time.Minute
)

// view is what was seen of the others at the last look.
type view struct {
	known   bool
	nodes   []Member
	differ  string // who has other settings, as it was said
	twice   string // names that two nodes have, as it was said
	evicts  bool   // the memory may forget claims, as it was said
	servers redis.Look
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
			n.servers(ctx)
		}
	}
}

// look sees who is there, and says what has changed. While the memory cannot be asked nobody is judged.
func (n *Sharing) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	nodes, err := n.engine.Nodes(ctx)
	if err != nil {
		return
	}
	members := members(nodes, n.settings())
	n.mu.Lock()
	before := n.view
	n.view.known, n.view.nodes = true, members
	n.mu.Unlock()
	if !before.known {
		n.deps.Log.WithFields(logrus.Fields{"node": n.name, "nodes": texts(members)}).Info("nodes")
		n.servers(ctx)
	} else {
		n.came(before.nodes, members)
		n.went(before.nodes, members)
	}
	n.agree(members)
}

// note says something in the trail and in the log, with who is there.
func (n *Sharing) note(level logrus.Level, e audit.System) {
	n.deps.Note(e)
	n.mu.Lock()
	nodes := texts(n.view.nodes)
	n.mu.Unlock()
	n.deps.Log.WithFields(logrus.Fields{"event": e.Event, "detail": e.Detail, "node": n.name, "nodes": nodes}).Log(level, "shared memory")
}

// alive reports whether a node of a name is.
func alive(members []Member, name string) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.Name == name && m.Alive })
}

func (n *Sharing) came(before, now []Member) {
	for _, m := range now {
		if m.Alive && !m.Self && !alive(before, m.Name) {
			n.note(logrus.InfoLevel, audit.System{Event: "node_joined", Detail: m.Name + ", version " + m.Version})
		}
	}
}

func (n *Sharing) went(before, now []Member) {
	for _, m := range before {
		if !m.Alive || m.Self || alive(now, m.Name) {
			continue
		}
		if slices.ContainsFunc(now, func(o Member) bool { return o.Name == m.Name && o.State == Left }) {
			n.note(logrus.InfoLevel, audit.System{Event: "node_left", Detail: m.Name})
		} else {
			n.note(logrus.ErrorLevel, audit.System{Event: "node_died", Detail: m.Name + ", last seen " + m.Seen.UTC().Format(time.RFC3339)})
		}
	}
}

// agree says who has other settings, and which name two nodes have; each once, until that is another.
func (n *Sharing) agree(members []Member) {
	var differ, twice []string
	seen := map[string]bool{}
	for _, m := range members {
		if m.Differs {
			differ = append(differ, m.Name)
		}
		if m.Alive && seen[m.Name] {
			twice = append(twice, m.Name)
		}
		seen[m.Name] = seen[m.Name] || m.Alive
	}
	n.mu.Lock()
	before := n.view
	n.view.differ, n.view.twice = strings.Join(differ, ", "), strings.Join(slices.Compact(twice), ", ")
	after := n.view
	n.mu.Unlock()
	switch after.differ {
	case before.differ:
	case "":
		n.note(logrus.InfoLevel, audit.System{Event: "nodes_agree", Detail: "all nodes have the settings of " + n.name})
	default:
		n.note(logrus.ErrorLevel, audit.System{Event: "nodes_differ", Detail: "other settings than " + n.name + ": " + after.differ})
	}
	if after.twice != before.twice && after.twice != "" {
		n.note(logrus.ErrorLevel, audit.System{Event: "node_name_twice", Detail: after.twice})
	}
}

// servers asks what keeps the memory, and says once where that may forget what it was told.
func (n *Sharing) servers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	servers, err := n.engine.Look(ctx)
	if err != nil {
		return
	}
	n.mu.Lock()
	said := n.view.evicts
	n.view.servers, n.view.evicts = servers, servers.Drops()
	n.mu.Unlock()
	if servers.Drops() && !said {
		n.note(logrus.ErrorLevel, audit.System{Event: "memory_evicts", Detail: "maxmemory-policy is " + servers.Eviction + ", and not noeviction"})
	}
}

// changed is told by the engine what became of the memory; it says each turn once.
func (n *Sharing) changed(e Event) {
	now := n.deps.Now()
	n.mu.Lock()
	before := n.reach
	switch e.Kind {
	case Unreachable:
		if !before.gone {
			n.reach = reach{since: now, gone: true, why: safe(e.Why)}
		}
	case Reachable:
		if before.gone || before.since.IsZero() {
			n.reach = reach{since: now}
		}
	case Emptied, NoKind:
	}
	why := n.reach.why
	n.mu.Unlock()
	switch {
	case e.Kind == Unreachable && !before.gone:
		n.note(logrus.ErrorLevel, audit.System{Event: "memory_unreachable", Detail: n.redis.OnFailure + ": " + why})
	case e.Kind == Reachable && before.gone:
		n.note(logrus.WarnLevel, audit.System{Event: "memory_reachable", Detail: "after " + now.Sub(before.since).Round(time.Second).String()})
	case e.Kind == Emptied:
		n.note(logrus.ErrorLevel, audit.System{Event: "memory_emptied", Detail: fmt.Sprintf("no phone counts as clean for %s", shared.Young)})
	}
}

// turned shouts that the node goes on by itself, or no longer does.
func (n *Sharing) turned(t shared.Turn) {
	if t.Alone {
		n.deps.Note(audit.Security{Event: "alone_begun", Detail: "INSECURE: " + n.name + " goes on by itself, with a part of the API budget (1 of " + fmt.Sprint(n.redis.Nodes) + ")"})
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
		n.deps.Note(audit.Security{Event: "alone_lasts", Detail: "INSECURE: " + n.name + " is alone since " + t.Since.UTC().Format(time.RFC3339) + ": " + counts(t)})
	}
}

func counts(t shared.Turn) string {
	return fmt.Sprintf("decided by itself: attempts %d, phones %d", t.Attempts, t.Phones)
}

// mostWhy bounds the words of an error.
const mostWhy = 200

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

var errAlone = errors.New("no shared memory is configured: this node is alone; docs/cluster.md says how several share one (state.redis.addresses)")
