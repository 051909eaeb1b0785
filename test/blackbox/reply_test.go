package blackbox_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2868"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// teamReply is what both rules reply.
const teamReply = `{Filter-Id: "team {group}", Class: [rule, rule-2], Framed-Pool: everybody, Tunnel-Password: "1:passphrase of the rule", Session-Timeout: 3600}`

// replying has a reply of each source: the rule's, two groups' and, in users.file, the person's.
const replying = `
  default: deny
  rules:
    - {name: team, match: {groups: ["vpn-*"], clients: [gateway, asking]}, remember: {for: 1h}, reply: ` + teamReply + `}
    - {name: machines, match: {groups: ["vpn-*"], clients: [exempting]}, decision: exempt, reply: ` + teamReply + `}
  groups:
    - {name: vpn-admins, reply: {Framed-Pool: admins, Class: [admins]}}
    - {name: vpn-staff, reply: {Framed-Pool: staff}}`

// TestReplies: the person's attributes over the groups', theirs over the rule's, and the same ones on every way in.
func TestReplies(t *testing.T) {
	t.Parallel()
	const third = "127.0.0.23"
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [%[1]s/32], secrets: [%[4]q], answer_within: 30s}
  - {name: asking, networks: [%[2]s/32], secrets: [%[4]q], answer_within: 30s, challenge: approve}
  - {name: exempting, networks: [%[3]s/32], secrets: [%[4]q], answer_within: 30s}`, blackbox.Source, blackbox.Second, third, blackbox.Secret)
	site.Settings.Policy, site.Settings.More = replying, byFile
	site.List(t, fmt.Sprintf("paula: {groups: [VPN-Staff, vpn-admins, others], password: %q, reply: {Framed-IP-Address: 192.0.2.77, Class: paula}}\n", blackbox.Hashed)+
		fmt.Sprintf("quinn: {groups: [vpn-guests], password: %q}\nrita: {groups: [others], password: %q}\n", blackbox.Hashed, blackbox.Hashed))
	site.Start(t)
	want := []string{"Class paula", "Filter-Id team VPN-Staff", "Framed-IP-Address 192.0.2.77", "Framed-Pool admins", "Session-Timeout 3600", "Tunnel-Password 1 passphrase of the rule"}
	from := func(source, user string) (*blackbox.NAS, blackbox.Request) {
		nas := blackbox.NewNAS(t, source, site.Authentication(), blackbox.Secret)
		r := nas.Request(blackbox.Login{User: user, Password: password, CallingStation: station})
		nas.Send(r)
		return nas, r
	}
	mobile := manual(site, "paula")

	nas, r := from(third, "paula")
	replies(t, "exempt", r, nas.Answer(t, r), want)

	nas, r = from(blackbox.Source, "paula")
	site.Approve(t, mobile)
	replies(t, "push", r, nas.Answer(t, r), want)

	nas, r = from(blackbox.Source, "paula")
	replies(t, "remembered", r, nas.Answer(t, r), want)
	if n := site.Cloud.Pushes(mobile); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}

	nas, r = from(blackbox.Second, "paula")
	question := nas.Answer(t, r)
	if question.Code != blackbox.AccessChallenge {
		t.Fatalf("code %d, want a challenge", question.Code)
	}
	replies(t, "challenge", r, question, []string{"State"})
	site.Approve(t, mobile)
	r = nas.Request(blackbox.Login{User: "paula", CallingStation: station, ID: 2, State: question.State})
	nas.Send(r)
	replies(t, "after a challenge", r, nas.Answer(t, r), want)

	nas, r = from(third, "quinn")
	replies(t, "the rule's alone", r, nas.Answer(t, r), []string{"Class rule", "Class rule-2", "Filter-Id team vpn-guests", "Framed-Pool everybody", "Session-Timeout 3600", "Tunnel-Password 1 passphrase of the rule"})
	nas, r = from(third, "rita")
	denied := nas.Answer(t, r)
	rejected(t, denied, "Access denied.")
	replies(t, "denied", r, denied, nil)
}

// replies compares what a reply holds but for its words, in order of the names. What travels encrypted is opened by another program's hand.
func replies(t *testing.T, way string, r blackbox.Request, reply blackbox.Reply, want []string) {
	t.Helper()
	var got []string
	for _, a := range reply.Attributes() {
		switch a.Kind {
		case 8:
			got = append(got, fmt.Sprintf("Framed-IP-Address %d.%d.%d.%d", a.Value[0], a.Value[1], a.Value[2], a.Value[3]))
		case 11:
			got = append(got, "Filter-Id "+a.Value)
		case 18: // Reply-Message
		case 24:
			got = append(got, "State")
		case 25:
			got = append(got, "Class "+a.Value)
		case 27:
			got = append(got, fmt.Sprintf("Session-Timeout %d", binary.BigEndian.Uint32([]byte(a.Value))))
		case 69:
			got = append(got, "Tunnel-Password "+passphrase(t, r, reply))
		case 88:
			got = append(got, "Framed-Pool "+a.Value)
		default:
			got = append(got, fmt.Sprintf("attribute %d", a.Kind))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", way, got, want)
	}
}

// passphrase is the tag and the text of the Tunnel-Password.
func passphrase(t *testing.T, r blackbox.Request, reply blackbox.Reply) string {
	t.Helper()
	request, err := radius.Parse(r.Bytes, []byte(blackbox.Secret))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := radius.Parse(reply.Bytes, []byte(blackbox.Secret))
	if err != nil {
		t.Fatal(err)
	}
	tag, text, err := rfc2868.TunnelPassword_LookupString(answer, request)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", tag, text)
}

// TestEnrolmentMessage: only who has shown a password is told where to enrol.
func TestEnrolmentMessage(t *testing.T) {
	t.Parallel()
	const sentence = "Your phone is not enrolled yet: see the help desk."
	site := blackbox.NewSite(t)
	site.Settings.More = byFile
	site.Settings.Users = fmt.Sprintf("enrolment_message: %q", sentence)
	site.Settings.Policy = ` {default: require_push, rules: [{name: devices, match: {users: ["dev-*"]}, primary: none}]}`
	site.List(t, listed("newcomer")+listed("enrolled"))
	site.Start(t)
	site.Enrol("newcomer", ivalttest.Unknown, 0)
	site.Enrol("dev-a", ivalttest.Unknown, 0)
	site.Enrol("enrolled", ivalttest.Deny, time.Second)
	for _, c := range []struct{ user, password, says, reason string }{
		{"newcomer", password, sentence, "unknown_user"},
		{"newcomer", "guess", "Access denied.", "bad_password"},
		{"nobody", password, "Access denied.", "bad_password"},
		{"dev-a", password, "Access denied.", "unknown_user"},
		{"enrolled", password, "Access denied.", "push_denied"},
	} {
		known := len(site.Attempts(t, c.user))
		rejected(t, site.NAS(t).Login(t, blackbox.Login{User: c.user, Password: c.password, CallingStation: station}), c.says)
		if got := site.AwaitAttempts(t, c.user, known+1)[known].Text("reason"); got != c.reason {
			t.Errorf("%s: the trail says %s, want %s", c.user, got, c.reason)
		}
	}
}
