package blackbox_test

import (
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

const denyServices = `
  default: require_push
  rules:
    - name: services-never
      match: {users: ["svc-*"]}
      decision: deny
    - name: somewhere-else
      match: {users: ["ext-*"]}
      only: {networks: ["203.0.113.0/24"]}
    - name: never-open
      match: {users: ["night-*"]}
      only: {hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00", except: [DAYS]}}`

// TestNoPushWhenPolicyDenies: the phone of a person whom policy denies stays silent.
func TestNoPushWhenPolicyDenies(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	now := time.Now()
	days := make([]string, 0, 3)
	for _, shift := range []int{-1, 0, 1} {
		days = append(days, now.AddDate(0, 0, shift).Format(time.DateOnly))
	}
	site.Settings.Policy = strings.Replace(denyServices, "DAYS", strings.Join(days, ", "), 1)
	site.Start(t)
	for user, reason := range map[string]string{
		"svc-backup": "policy_denied", "ext-carol": "network_denied", "night-dave": "outside_hours",
	} {
		t.Run(user, func(t *testing.T) {
			site.Enrol(user, ivalttest.Approve, 0)
			reply := site.NAS(t).Login(t, blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.7"})
			rejected(t, reply, "Access denied.")
			if n := site.Pushes(user); n != 0 {
				t.Errorf("%d pushes, want none", n)
			}
			concluded(t, site, user, reason)
		})
	}
}

// concluded waits for the log line of the user's login, which must be a reject for the reason.
func concluded(t *testing.T, site *blackbox.Site, user, reason string) {
	t.Helper()
	for n := 1; ; n++ {
		lines := site.Server.AwaitLines(t, "attempt concluded", n)
		last := lines[len(lines)-1]
		n = len(lines)
		for _, line := range lines {
			if line.Text("user") == user {
				last = line
			}
		}
		if last.Text("user") != user {
			continue
		}
		if last.Text("verdict") != "reject" || last.Text("reason") != reason {
			t.Errorf("the log says %s, %s; want reject, %s", last.Text("verdict"), last.Text("reason"), reason)
		}
		return
	}
}

// TestWhatThePhoneSays: each thing that a person can do has its own verdict and reason.
func TestWhatThePhoneSays(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.IVALT = "approval_timeout: 8s"
	site.Start(t)
	cases := []struct {
		user     string
		does     ivalttest.Behaviour
		sentence string
		reason   string
		pushes   int
	}{
		{"denying", ivalttest.Deny, "Access denied.", "push_denied", 1},
		{"outside", ivalttest.Geofence, "Access denied.", "geofence", 1},
		{"untimely", ivalttest.Timezone, "Access denied.", "timezone", 1},
		{"absent", ivalttest.Ignore, "Not approved in time.", "push_timeout", 1},
		{"stranger", ivalttest.Unknown, "Access denied.", "unknown_user", 0},
	}
	for _, c := range cases {
		t.Run(c.user, func(t *testing.T) {
			t.Parallel()
			site.Enrol(c.user, c.does, time.Second)
			rejected(t, site.NAS(t).Login(t, blackbox.Login{User: c.user, Password: password, CallingStation: "198.51.100.8"}), c.sentence)
			concluded(t, site, c.user, c.reason)
			if n := site.Pushes(c.user); n != c.pushes {
				t.Errorf("%d pushes, want %d", n, c.pushes)
			}
		})
	}
}

// TestHostileCloud: not one Accept, whatever iVALT's answers are made of.
func TestHostileCloud(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.IVALT = "approval_timeout: 8s\n  limits: {per_second: 0, per_minute: 0, per_hour: 0}"
	site.Start(t)
	type ask struct {
		name string
		nas  *blackbox.NAS
		r    blackbox.Request
	}
	var asks []ask
	for _, h := range ivalttest.Hostile() {
		user := strings.ReplaceAll(h.Name, "/", "-")
		site.Enrol(user, ivalttest.Approve, time.Second)
		h.Fault.Mobile = ivalttest.DerivedMobile(blackbox.Email(user))
		if err := site.Cloud.Inject(h.Fault); err != nil {
			t.Fatal(err)
		}
		nas := site.NAS(t)
		asks = append(asks, ask{h.Name, nas, nas.Request(blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.9"})})
		nas.Send(asks[len(asks)-1].r)
	}
	if len(asks) < 40 {
		t.Fatalf("only %d hostile answers", len(asks))
	}
	for _, a := range asks {
		reply, err := a.nas.Receive(a.r, blackbox.Patience)
		if err != nil || reply.Code != blackbox.AccessReject {
			t.Errorf("%s: code %d, %v; want an Access-Reject", a.name, reply.Code, err)
		}
	}
}

// TestSilence: what no gateway of ours can have sent gets no answer and no push.
func TestSilence(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("erin", ivalttest.Approve, 0)
	login := blackbox.Login{User: "erin", Password: password, CallingStation: "198.51.100.9", ID: 9}
	ours := site.NAS(t)
	stranger := blackbox.NewNAS(t, "127.0.0.99", site.Authentication(), blackbox.Secret)
	wrongSecret := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), "another-shared-secret-000000")

	forged := ours.Request(login)
	forged.Bytes[30] ^= 1
	noRequest := ours.Request(login)
	noRequest.Bytes[0] = blackbox.AccessAccept
	short := ours.Request(login)
	short.Bytes = short.Bytes[:len(short.Bytes)-1]
	for name, ask := range map[string]struct {
		nas *blackbox.NAS
		r   blackbox.Request
	}{
		"unknown client":              {stranger, stranger.Request(login)},
		"wrong secret":                {wrongSecret, wrongSecret.Request(login)},
		"wrong Message-Authenticator": {ours, forged},
		"a code that is no request":   {ours, noRequest},
		"shorter than it says":        {ours, short},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), blackbox.Secret)
			if ask.nas != ours {
				nas = ask.nas
			}
			nas.Send(ask.r)
			nas.Silent(t, ask.r, 2*time.Second)
		})
	}
	t.Cleanup(func() {
		if n := site.Pushes("erin"); n != 0 {
			t.Errorf("%d pushes, want none", n)
		}
	})
}

// TestCollision: two different logins for one phone at once are both refused, and the phone has rung at most once.
func TestCollision(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("frank", ivalttest.Approve, 3*time.Second)
	a, b := site.NAS(t), site.NAS(t)
	one := a.Request(blackbox.Login{User: "frank", Password: password, CallingStation: "198.51.100.10"})
	two := b.Request(blackbox.Login{User: "frank", Password: password, CallingStation: "203.0.113.66"})
	a.Send(one)
	pushed(t, site, "frank")
	b.Send(two)
	rejected(t, a.Answer(t, one), "Access denied.")
	rejected(t, b.Answer(t, two), "Access denied.")
	if n := site.Pushes("frank"); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
}

// TestBorrowedCredentials: a State that belongs to no challenge, and another person's password, open nothing that waits.
func TestBorrowedCredentials(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("oscar", ivalttest.Approve, 2*time.Second)
	site.Enrol("mallory", ivalttest.Deny, time.Second)
	station := "198.51.100.40"
	victim, thief := site.NAS(t), site.NAS(t)
	r := victim.Request(blackbox.Login{User: "oscar", Password: password, CallingStation: station, ID: 1})
	victim.Send(r)
	pushed(t, site, "oscar")
	rejected(t, thief.Login(t, blackbox.Login{User: "oscar", Password: password, CallingStation: station, ID: 2, State: "captured"}), "Access denied.")
	rejected(t, thief.Login(t, blackbox.Login{User: "mallory", Password: password, CallingStation: station, ID: 3}), "Access denied.")
	accepted(t, victim.Answer(t, r))
	if oscar, mallory := site.Pushes("oscar"), site.Pushes("mallory"); oscar != 1 || mallory != 1 {
		t.Errorf("%d and %d pushes, want one each", oscar, mallory)
	}
}
