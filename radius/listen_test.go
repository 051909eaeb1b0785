package radius_test

import (
	"context"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/radius"
)

func TestADM5_WildcardAnswersFromTheAddressAsked(t *testing.T) {
	cases := []struct {
		listen string
		ask    []string
	}{
		{"0.0.0.0:0", []string{"127.0.0.1", "127.0.0.2", "127.1.2.3"}},
		{"[::]:0", []string{"::1"}},
		{":0", []string{"127.0.0.3", "::1"}},
		{"127.0.0.4:0", []string{"127.0.0.4"}},
		{"[::1]:0", []string{"::1"}},
	}
	for _, c := range cases {
		t.Run(c.listen, func(t *testing.T) {
			st := start(t, always(accept()), settings(func(s *radius.Settings) { s.Authentication = []string{c.listen} }))
			for _, host := range c.ask {
				to := netip.AddrPortFrom(netip.MustParseAddr(host), st.auth.Port())
				st.nas(to).ask(login(1, "bob", "secret")) // a connected socket hears that address alone
			}
		})
	}
}

func TestADM1_LongestPrefix(t *testing.T) {
	st := start(t, func(_ context.Context, r auth.Request) auth.Verdict {
		return auth.Verdict{Kind: auth.Accept, Reply: []policy.Attribute{{Wire: attr(11, r.Client.Name)}}}
	}, settings(func(s *radius.Settings) {
		s.Authentication = []string{":0"}
		one := s.Clients[0]
		one.Name, one.Networks = "one", []string{"127.0.0.5", "::ffff:127.0.6.0/120"}
		s.Clients[0].Networks = []string{"127.0.0.0/24", "127.0.0.0/16", "::1/128"}
		s.Clients = append(s.Clients, one)
	}))
	for from, want := range map[string]string{"127.0.0.5": "one", "127.0.0.6": "vpn", "127.0.6.9": "one", "127.0.7.1": "vpn", "::1": "vpn"} {
		addr := netip.MustParseAddr(from)
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), st.auth.Port())
		if addr.Is6() {
			to = netip.AddrPortFrom(addr, st.auth.Port())
		}
		n := dial(t, netip.AddrPortFrom(addr, 0), to)
		for id := range byte(20) {
			if got := n.ask(login(id, "bob", "secret")); string(got.Get(11)) != want {
				t.Fatalf("%s is %q, want %q", from, got.Get(11), want)
			}
		}
	}
}

// TestADM2_UnknownClient floods a server from addresses of nobody with requests that a client would have answered.
func TestADM2_UnknownClient(t *testing.T) {
	st := start(t, always(accept()), settings(client(func(s *radius.ClientSettings) { s.Networks = []string{"127.0.0.1/32"} })))
	const sources, packets, burst = 100, uint64(100_000), 200 // a burst fits the smallest receive buffer
	var strangers []nas
	for i := range byte(sources) {
		strangers = append(strangers, dial(t, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 1, i + 1}), 0), st.auth))
	}
	request := login(1, "bob", "secret")
	begun, goroutines := time.Now(), runtime.NumGoroutine()
	heap, _ := footprint()
	for sent := uint64(1); sent <= packets; sent++ {
		strangers[sent%sources].send(request)
		if sent%burst != 0 {
			continue
		}
		await(t, "the burst is dropped", func() bool { return st.Counters()["unknown_client"] == sent })
		if now := runtime.NumGoroutine(); now > goroutines+2 { // a timer's function may run
			t.Fatalf("%d goroutines, %d before the flood", now, goroutines)
		}
	}
	for _, n := range strangers {
		n.quiet()
	}
	if lines, most := strings.Count(st.logged(), "\n"), int(time.Since(begun)/time.Second)+2; lines < 1 || lines > most {
		t.Errorf("%d log lines, want 1 to %d", lines, most)
	}
	if !strings.Contains(st.logged(), "127.0.1.") || len(st.asked) != 0 || st.InFlight() != 0 {
		t.Errorf("%d logins, log is %s", len(st.asked), st.logged())
	}
	if now, _ := footprint(); now > heap+8<<20 {
		t.Errorf("the heap grew from %d to %d octets", heap, now)
	}
}

func TestReload(t *testing.T) {
	open := make(chan struct{})
	st := start(t, gated(open, accept()), settings())
	n := st.nas(st.auth)
	request := login(1, "bob", "secret")
	n.send(request)
	<-st.asked
	broken := settings(client(func(s *radius.ClientSettings) { s.Profile = "no such" }))
	if faults := st.Reload(broken); len(faults.Fatal()) == 0 {
		t.Error("a broken file is taken")
	}
	st.drops(n, "duplicate_dropped", request) // the client is still known
	if faults := st.Reload(settings(client(func(s *radius.ClientSettings) { s.Networks = []string{"192.0.2.0/24"} }))); len(faults.Fatal()) != 0 {
		t.Error(faults)
	}
	st.drops(n, "unknown_client", login(2, "bob", "secret"))
	close(open)
	n.judge(n.reply(), request, shared)
}

func TestListen_PortInUse(t *testing.T) {
	st := start(t, always(accept()), settings())
	s := settings(func(s *radius.Settings) { s.Authentication = []string{st.auth.String()} })
	_, err := radius.Listen(s, radius.Deps{Login: always(accept()), Recorder: st.recorder, Learned: st.learned, Log: discard(), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "listen.authentication") || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error is %v", err)
	}
	s.Authentication = []string{"192.0.2.1:0"}
	if _, err = radius.Listen(s, radius.Deps{Log: discard(), Now: time.Now}); err == nil || !strings.Contains(err.Error(), "no address of this machine") {
		t.Errorf("error is %v", err)
	}
	s.Authentication = nil
	if _, err = radius.Listen(s, radius.Deps{Log: discard(), Now: time.Now}); err == nil || !strings.Contains(err.Error(), "listen.authentication") {
		t.Errorf("error is %v", err)
	}
}
