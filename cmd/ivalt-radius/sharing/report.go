package sharing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

// State is how a node is.
type State string

// The states.
const (
	Alive State = "alive"
	Left  State = "left" // it stopped in order
	Dead  State = "dead" // its lease ran out
)

// Member is a node as the others see it. Its texts are safe in any output.
type Member struct {
	cluster.Node
	State   State `json:"state"`
	Differs bool  `json:"differs"` // it is alive, and has other settings than this node; without one, than most
}

// Memory is what is known of the shared memory.
type Memory struct {
	Mode      string     `json:"mode"`
	Addresses []string   `json:"addresses"`
	TLS       bool       `json:"tls"`
	Reachable bool       `json:"reachable"`
	Since     *time.Time `json:"since"` // when that became so; nil: not known
	Why       string     `json:"why"`   // it is not reachable
	Version   string     `json:"version"`
	Eviction  string     `json:"eviction"` // maxmemory-policy; anything but noeviction may forget claims
	Replicas  int        `json:"replicas"`
	OnFailure string     `json:"on_failure"`
	Alone     bool       `json:"alone"` // this node goes on by itself
	Hears     bool       `json:"hears"` // what other nodes tell arrives here; true where nobody runs who could hear
	Stale     bool       `json:"stale"` // the nodes are those that were last seen
}

// Report is the nodes and what they share.
type Report struct {
	Node   string   `json:"node"` // who tells; empty: no server runs here
	Memory Memory   `json:"memory"`
	Nodes  []Member `json:"nodes"`
}

// Sound reports that the memory can be asked, and that all nodes are alive, with one and the same settings and names of their own.
func (r Report) Sound() bool { return r.Trouble() == "" }

// Trouble is what is not so, in words.
func (r Report) Trouble() string {
	switch {
	case !r.Memory.Reachable:
		return "the shared memory cannot be asked"
	case !r.Memory.Hears:
		return "what other nodes tell is not heard here: see to the permissions of state.redis.username"
	case len(r.Nodes) == 0:
		return "no node is known"
	}
	if trouble := r.uneven(); trouble != "" {
		return trouble
	}
	if r.Memory.Eviction != "" && r.Memory.Eviction != "noeviction" {
		return "the memory may forget claims: set maxmemory-policy noeviction"
	}
	return ""
}

// uneven is what is wrong with the nodes. Who left in order is missed by nobody.
func (r Report) uneven() string {
	var names, dead, differ []string
	for _, m := range r.Nodes {
		switch {
		case m.Alive && slices.Contains(names, m.Name):
			return "two nodes are called " + m.Name + ": set state.node"
		case m.State == Dead:
			dead = append(dead, m.Name)
		case m.Differs:
			differ = append(differ, m.Name)
		}
		names = append(names, m.Name)
	}
	switch {
	case len(dead) > 0:
		return "not alive: " + strings.Join(dead, ", ")
	case len(differ) > 0:
		return "other settings: " + strings.Join(differ, ", ")
	}
	return ""
}

// mostMembers bounds what is shown: whoever can write to the memory can invent nodes.
const mostMembers = 200

// members are the nodes in the order of their names. A dead or departed life of a name that lives, or of which a later one is known, is left out.
// settings is the digest of this node's; empty: the one that most alive nodes have.
func members(nodes []cluster.Node, settings string) []Member {
	nodes = slices.Clone(nodes[:min(len(nodes), mostMembers)])
	slices.SortFunc(nodes, func(a, b cluster.Node) int {
		living := 0
		if a.Alive != b.Alive {
			living = 1
			if a.Alive {
				living = -1
			}
		}
		return cmp.Or(strings.Compare(a.Name, b.Name), living, b.Seen.Compare(a.Seen))
	})
	if settings == "" {
		settings = usual(nodes)
	}
	out := []Member{}
	for _, node := range nodes {
		if !node.Alive && slices.ContainsFunc(out, func(m Member) bool { return m.Name == plain(node.Name) }) {
			continue
		}
		m := Member{Node: node, State: Dead, Differs: node.Alive && node.Settings != "" && node.Settings != settings} // a node's first sign of life has none yet
		switch {
		case node.Alive:
			m.State = Alive
		case node.Left:
			m.State = Left
		}
		m.Name, m.Version, m.Settings = plain(node.Name), plain(node.Version), plain(node.Settings)
		out = append(out, m)
	}
	return out
}

// usual is the digest that most alive nodes have.
func usual(nodes []cluster.Node) (settings string) {
	count := map[string]int{}
	for _, node := range nodes {
		if !node.Alive {
			continue
		}
		count[node.Settings]++
		if count[node.Settings] > count[settings] {
			settings = node.Settings
		}
	}
	return settings
}

// plain makes a text of the memory's safe in any output. It was this program's own, unless somebody else wrote there.
func plain(text string) string {
	const most = 64
	text = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '?'
	}, text)
	return text[:min(len(text), most)]
}

// texts are the nodes for the log: "a (alive)".
func texts(members []Member) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = m.Name + " (" + string(m.State) + ")"
	}
	return out
}

// Report tells what this node sees now.
func (n *Sharing) Report(ctx context.Context) (Report, error) {
	if n == nil {
		return Report{}, errAlone
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	nodes, err := n.engine.Nodes(ctx)
	servers, wrong := n.engine.Servers(ctx)
	n.mu.Lock()
	defer n.mu.Unlock()
	r := Report{Node: n.name, Memory: describe(n.redis), Nodes: n.view.nodes}
	r.Memory.Stale, r.Memory.Hears = err != nil, n.engine.Feed().Current()
	if err == nil {
		r.Nodes = members(nodes, n.digest)
	}
	m := &r.Memory
	m.found(servers, errors.Join(err, wrong))
	if n.reach.gone {
		m.Reachable, m.Why = false, n.reach.why
	}
	if since := n.reach.since; !since.IsZero() && n.reach.gone == !m.Reachable {
		m.Since = &since
	}
	m.Alone = n.alone != nil && n.alone.Now().Alone
	return r, nil
}

// found takes what asking the memory came to.
func (m *Memory) found(servers redis.Servers, err error) {
	m.Version, m.Eviction, m.Replicas = servers.Version, servers.Eviction, servers.Replicas
	if m.Reachable = err == nil; err != nil {
		m.Why = because(err)
	}
}

// describe is what the settings say of the memory.
func describe(r config.Redis) Memory {
	return Memory{Mode: r.Mode, Addresses: r.Addresses, TLS: r.TLS != "off", OnFailure: r.OnFailure}
}

// path is where the running server is asked.
const path = "/nodes"

// Handle serves the running server's side of `nodes`.
func (n *Sharing) Handle(mux *http.ServeMux) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		report, err := n.Report(r.Context())
		control.Answer(w, report, err)
	})
}

// Asked asks the server that runs on the settings' state.directory. control.ErrNotRunning where there is none.
func Asked(ctx context.Context, s *config.Settings) (r Report, err error) {
	if len(s.State.Redis.Addresses) == 0 {
		return r, errAlone
	}
	err = control.Call(ctx, s.State.Directory, path, struct{}{}, &r)
	return r, err
}

// Seen looks into the memory itself, without a part in it. The settings must be whole. That the memory cannot be asked is no error, but stands
// in the Report.
func Seen(ctx context.Context, s *config.Settings, d Deps) (Report, error) {
	if len(s.State.Redis.Addresses) == 0 {
		return Report{}, errAlone
	}
	d = d.complete()
	name, err := named(s, d.Hostname)
	if err != nil {
		return Report{}, err
	}
	o, err := options(s, name, d)
	if err != nil {
		return Report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	nodes, servers, err := d.Look(ctx, o)
	if err != nil && !errors.Is(err, cluster.ErrUnreachable) {
		return Report{}, fmt.Errorf("state.redis: %w", err)
	}
	r := Report{Memory: describe(s.State.Redis), Nodes: members(nodes, "")}
	r.Memory.Hears = true
	r.Memory.found(servers, err)
	return r, nil
}
