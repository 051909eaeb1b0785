package access

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/secret"
)

// known is a session that the model knows.
type known struct {
	id          string
	account     int
	begun, seen time.Time
}

// model is what the table must do, said plainly.
type model struct {
	table    *table
	settings Settings
	now      time.Time
	live     []known
}

// TestTable holds the table against the model: never more sessions than the bounds, never one beyond its idle time, its age, a revocation or a
// change of its account.
func TestTable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{now: time.Unix(1_000_000, 0), settings: Settings{Idle: time.Hour, Absolute: 3 * time.Hour}}
		m.table = newTable(func() time.Time { return m.now }, func(*session, ending) {})
		defer m.table.close()
		for i := range 3 {
			m.settings.Accounts = append(m.settings.Accounts, Account{Name: fmt.Sprint(i), Role: Viewer, Password: secret.New("0")})
		}
		m.table.adopt(m.settings)
		rt.Repeat(map[string]func(*rapid.T){"begin": m.begin, "crowd": m.crowd, "use": m.use, "pass": m.pass, "end": m.end, "reload": m.reload, "": m.check})
	})
}

func (m *model) alive(k known) bool {
	return m.now.Before(k.seen.Add(m.settings.Idle)) && m.now.Before(k.begun.Add(m.settings.Absolute))
}

func (m *model) there(k known) bool { return m.table.find(k.id, watching) != nil }

// one is the place of one of the sessions; -1 where there is none.
func (m *model) one(rt *rapid.T) int {
	if len(m.live) == 0 {
		return -1
	}
	return rapid.IntRange(0, len(m.live)-1).Draw(rt, "session")
}

func (m *model) begin(rt *rapid.T) {
	m.now = m.now.Add(1) // so that one of them is the oldest
	i := rapid.IntRange(0, 2).Draw(rt, "account")
	id, _, ok := m.table.begin(m.settings.Accounts[i], netip.Addr{}, "")
	if !ok {
		rt.Fatal("refused")
	}
	m.live = append(slices.DeleteFunc(m.live, func(k known) bool { return !m.alive(k) && !m.there(k) }), known{id, i, m.now, m.now})
	own := slices.DeleteFunc(slices.Clone(m.live), func(k known) bool { return k.account != i })
	if len(own) > mostOfAccount {
		if m.there(own[0]) {
			rt.Fatal("the oldest is there")
		}
		m.live = slices.DeleteFunc(m.live, func(k known) bool { return k.id == own[0].id })
	}
}

func (m *model) crowd(rt *rapid.T) {
	for range mostOfAccount {
		m.begin(rt)
	}
}

func (m *model) use(rt *rapid.T) {
	i := m.one(rt)
	if i < 0 {
		return
	}
	u := rapid.SampledFrom([]use{watching, acting}).Draw(rt, "use")
	found := m.table.find(m.live[i].id, u) != nil
	if found != m.alive(m.live[i]) {
		rt.Fatalf("found %t", found)
	}
	if found && u == acting {
		m.live[i].seen = m.now
	}
}

func (m *model) pass(rt *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.Int64Range(0, int64(50*time.Minute)).Draw(rt, "time")))
}

func (m *model) end(rt *rapid.T) {
	i := m.one(rt)
	if i < 0 {
		return
	}
	if found := m.table.find(m.live[i].id, watching); found != nil {
		m.table.take(found, unended)
	}
	if m.there(m.live[i]) {
		rt.Fatal("it goes on")
	}
	m.live = slices.Delete(m.live, i, i+1)
}

func (m *model) reload(rt *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(rt, "account")
	m.settings.Accounts = slices.Clone(m.settings.Accounts)
	m.settings.Accounts[i].Password = secret.New(m.settings.Accounts[i].Password.Reveal() + "x")
	m.table.adopt(m.settings)
	m.live = slices.DeleteFunc(m.live, func(k known) bool {
		if k.account == i && m.there(k) {
			rt.Fatal("it goes on")
		}
		return k.account == i
	})
}

func (m *model) check(rt *rapid.T) {
	for _, k := range m.live {
		if m.there(k) != m.alive(k) {
			rt.Fatalf("there %t", m.there(k))
		}
	}
	for _, a := range m.settings.Accounts {
		if n := m.table.number(a.Name); n > mostOfAccount {
			rt.Fatalf("%d sessions", n)
		}
	}
}
