package redis

import (
	"strings"
	"testing"
	"time"
)

func TestMembersAreBounded(t *testing.T) {
	m := miniature(t)
	e := opened(t, options(m.Addr(), "a"))
	keys := memberKeys(e.link)
	for i := range mostMembers + 10 {
		name := "dead" + strings.Repeat("x", i)
		if _, err := m.ZAdd(keys[1], float64(i+1)*1e9, name); err != nil {
			t.Fatal(err)
		}
		m.HSet(keys[2], name, "{}")
	}
	long := float64(time.Now().Add(-time.Hour).UnixMicro())
	for i := range mostMembers + 10 {
		if _, err := m.ZAdd(keys[1], long+float64(i), strings.Repeat("y", i+1)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the oldest are gone", func() bool {
		all, err := m.ZMembers(keys[1])
		return err == nil && len(all) <= mostMembers && !strings.HasPrefix(all[0], "dead")
	})
	if _, err := m.ZScore(keys[1], e.incarnation); err != nil {
		t.Error("the living one is gone too")
	}
}
