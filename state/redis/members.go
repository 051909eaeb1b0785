package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

// The life of a member.
const (
	beatEvery   = 500 * time.Millisecond
	lease       = 3 * time.Second
	gap         = lease / 2 // without a sign of life for longer than that, contact was broken
	deadFor     = time.Hour // a dead member's claims are over by then, so that nobody need know it
	mostMembers = 1024      // with those that are dead, which are forgotten after a day
)

// record is what a node says of itself.
type record struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Settings string `json:"settings"`
	Up       int64  `json:"up"` // ms
	Leads    int    `json:"leads"`
	Left     bool   `json:"left"` // it stopped in order
}

// member is one incarnation of a node.
type member struct {
	record
	incarnation string
	until       int64 // end of its lease by the memory's clock, µs
}

// sight is what the memory showed at one time.
type sight struct {
	now     int64 // by the memory's clock, µs
	epoch   string
	members []member
}

func (s sight) alive(m member) bool { return m.until > s.now }

// living are the members whose lease holds, by name.
func (s sight) living() (names map[string][]member) {
	names = map[string][]member{}
	for _, m := range s.members {
		if s.alive(m) {
			names[m.Name] = append(names[m.Name], m)
		}
	}
	return names
}

// unlike are the names that several live with, and those of the living whose settings are others than these; both sorted.
func (s sight) unlike(settings string) (twins, apart []string) {
	for name, all := range s.living() {
		if len(all) > 1 {
			twins = append(twins, name)
		}
		if slices.ContainsFunc(all, func(m member) bool { return settings != "" && m.Settings != "" && m.Settings != settings }) {
			apart = append(apart, name)
		}
	}
	slices.Sort(twins)
	slices.Sort(apart)
	return twins, apart
}

// standing is something that is told when it has stood for longer than a lease: until then a node that was restarted has two lives.
type standing struct {
	now, told string
	since     time.Time
}

// became reports that it is time to tell what stands.
func (s *standing) became(at time.Time, names []string) bool {
	if text := strings.Join(names, "\x00"); text != s.now {
		s.now, s.since = text, at
	}
	if s.now == s.told || at.Sub(s.since) <= lease {
		return false
	}
	s.told = s.now
	return true
}

func memberKeys(l *link.Link) []string {
	tag := "{" + l.Prefix + ":nodes}:"
	return []string{tag + "epoch", tag + "leases", tag + "records"}
}

var errReply = errors.New("the answer is none to what was asked")

// parseSight reads the answer of the beat script.
func parseSight(answer any) (s sight, err error) {
	list, ok := answer.([]any)
	if !ok || len(list)%3 != 2 {
		return s, errReply
	}
	text := make([]string, len(list))
	for i, v := range list {
		if text[i], ok = v.(string); !ok {
			return s, errReply
		}
	}
	if s.now, err = strconv.ParseInt(text[0], 10, 64); err != nil {
		return s, errReply
	}
	s.epoch = text[1]
	for f := range slices.Chunk(text[2:], 3) {
		m := member{incarnation: f[0]}
		if m.until, err = strconv.ParseInt(f[1], 10, 64); err != nil {
			return s, errReply
		}
		if f[2] != "" && json.Unmarshal([]byte(f[2]), &m.record) != nil {
			continue
		}
		m.Name, m.Version, m.Settings = short(m.Name), short(m.Version), short(m.Settings)
		s.members = append(s.members, m)
	}
	return s, nil
}

// short bounds a text of another node.
func short(s string) string { return strings.ToValidUTF8(s[:min(len(s), mostNode)], "") }

// contact is whether and since when a node has been in contact with the memory.
type contact struct {
	sight
	at    time.Time // of the sight, by this node's clock
	since time.Time // without a gap
}

// saw notes a sign of life; it reports whether there was a gap before, as the first one has: the memory's clock that jumps is one, since all leases
// do then.
func (c *contact) saw(at time.Time, s sight) (broken bool) {
	passed := at.Sub(c.at)
	drift := time.Duration(s.now-c.now)*time.Microsecond - passed
	broken = c.at.IsZero() || passed > gap || drift.Abs() > beatEvery
	if broken {
		c.since = at
	}
	c.at, c.sight = at, s
	return broken
}

// dead are the incarnations whose lease has expired, as far as this node may judge: it has been in contact for a whole lease, in which
// everyone alive has renewed theirs.
func (c *contact) dead(now time.Time) (all []string) {
	if c.at.IsZero() || now.Sub(c.at) > gap || now.Sub(c.since) < lease {
		return nil
	}
	for _, m := range c.members {
		if age := time.Duration(c.now-m.until) * time.Microsecond; age >= 0 && age < deadFor {
			all = append(all, m.incarnation)
		}
	}
	return all
}

// clock is the time by the memory's clock; the zero time before the first contact.
func (c *contact) clock(now time.Time) time.Time {
	if c.at.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(c.now).Add(now.Sub(c.at))
}

// nodes are the members as they are shown, sorted by name: all that live, and of a name that has none the last one that did.
func (s sight) nodes(self string) []cluster.Node {
	living := s.living()
	last := map[string]member{}
	for _, m := range s.members {
		if o, ok := last[m.Name]; m.Name != "" && (!ok || m.until > o.until) {
			last[m.Name] = m
		}
	}
	var all []cluster.Node
	for name, m := range last {
		show := living[name]
		if len(show) == 0 {
			show = []member{m}
		}
		for _, m := range show {
			n := cluster.Node{
				Name: m.Name, Version: m.Version, Settings: m.Settings, Seen: time.UnixMicro(m.until).Add(-lease), Alive: s.alive(m), Leads: m.Leads,
				Self: m.incarnation == self, Left: m.Left && !s.alive(m),
			}
			n.Started = n.Seen.Add(-time.Duration(m.Up) * time.Millisecond)
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b cluster.Node) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return a.Started.Compare(b.Started)
	})
	return all
}

// Nodes are the members of the cluster, this one too, as they are now.
func (e *Engine) Nodes(ctx context.Context) ([]cluster.Node, error) {
	s, err := look(ctx, e.link, e.link.Client, e.scripts.beat, "", "")
	if err != nil {
		return nil, err
	}
	return s.nodes(e.incarnation), nil
}

// Members are the members of a cluster, as somebody sees them who is none.
func Members(ctx context.Context, o Options) ([]cluster.Node, error) {
	if err := Check(o).Err(); err != nil {
		return nil, err
	}
	goredis.SetLogger(silent{})
	c, err := link.New(o.Settings)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Client.Close() }()
	s, err := look(ctx, c, c.Client, goredis.NewScript(beatSource), "", "")
	if err != nil {
		return nil, err
	}
	return s.nodes(""), nil
}

// look gives a sign of life, if there is an incarnation to live, and sees who else does.
func look(ctx context.Context, l *link.Link, client goredis.UniversalClient, beat *goredis.Script, incarnation, record string) (sight, error) {
	which := "living"
	if incarnation == "" {
		which = "all"
	}
	answer, err := l.RunOn(ctx, client, beat, memberKeys(l), incarnation, record, lease.Microseconds(), mostMembers, which)
	if err != nil {
		return sight{}, err
	}
	s, err := parseSight(answer)
	if err != nil {
		return sight{}, fmt.Errorf("%w: %w", cluster.ErrUnreachable, err)
	}
	return s, nil
}
