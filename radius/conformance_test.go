//go:build conformance

package radius

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius/client"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// The conformance tests run packets of other projects, which the repository does not carry, against decode and the codec. The
// environment variable CONFORMANCE_VECTORS names their directory; without it they fail.

func vectors(t *testing.T, name string) []string {
	t.Helper()
	dir := os.Getenv("CONFORMANCE_VECTORS")
	if dir == "" {
		t.Fatal("CONFORMANCE_VECTORS names no directory")
	}
	f, err := os.Open(filepath.Join(dir, name)) //nolint:gosec // whoever runs the test names the directory
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var lines []string
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if line := scan.Text(); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := scan.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s holds nothing: %v", name, err)
	}
	return lines
}

// receive decodes a datagram as both ports would, under a policy, and returns why each drops it.
func receive(t *testing.T, raw []byte, under, policy string) map[port]outcome {
	t.Helper()
	tab, _ := client.NewTable([]ClientSettings{{
		Name: "vector", Networks: []string{"192.0.2.1"}, Secrets: []secret.Secret{secret.New(under)}, MessageAuthenticator: policy,
	}}, nil)
	s := &Server{learned: nobody{}}
	out := make(map[port]outcome)
	for _, p := range []port{authentication, accountingPort} {
		d := &datagram{
			socket: &socket{port: p}, client: tab.Find(netip.MustParseAddr("192.0.2.1")),
			source: netip.MustParseAddrPort("192.0.2.1:9"), received: time.Unix(0, 0),
		}
		d.size = copy(d.buf[:], raw)
		q, why := s.decode(d)
		out[p] = outcome{why: why, defect: q.request.Defect}
	}
	return out
}

type outcome struct {
	why    cause
	defect string
}

func columns(t *testing.T, line string) (raw []byte, under, verdict, id, reason string) {
	t.Helper()
	c := strings.Split(line+"\t\t\t\t\t", "\t")
	raw, err := hex.DecodeString(c[0])
	if err != nil {
		t.Fatal(err)
	}
	return raw, c[1], c[2], c[4], c[5]
}

func TestConformance_Malformed(t *testing.T) {
	for _, line := range vectors(t, "malformed.txt") {
		raw, under, verdict, id, reason := columns(t, line)
		t.Run(id, func(t *testing.T) {
			for p, o := range receive(t, raw, under, "optional") {
				refused := o.why != sound || (verdict == "discard-or-reject" && o.defect != "")
				if !refused {
					t.Errorf("%s takes it, which is: %s", p.key(), reason)
				}
			}
		})
	}
}

func TestConformance_Responses(t *testing.T) {
	for _, line := range vectors(t, "responses.txt") {
		raw, under, _, id, _ := columns(t, line)
		t.Run(id, func(t *testing.T) {
			for p, o := range receive(t, raw, under, "optional") {
				if o.why == sound {
					t.Errorf("%s takes a response", p.key())
				}
			}
		})
	}
}

func TestConformance_ValidRequests(t *testing.T) {
	for _, line := range vectors(t, "valid_requests.txt") {
		raw, under, _, id, reason := columns(t, line)
		t.Run(id, func(t *testing.T) {
			p, err := wire.Parse(raw)
			if err != nil {
				t.Fatalf("%v", err)
			}
			if strings.Contains(reason, "Message-Authenticator verifies") && !wire.NewKey(secret.New(under)).Verify(p) {
				t.Error("its Message-Authenticator does not verify")
			}
			if under == "-" {
				return // structure alone
			}
			judgeValid(t, p.Code(), receive(t, raw, under, "optional"))
		})
	}
}

// judgeValid checks that the ports of a code take the packet. An Access-Request without credential and
// Message-Authenticator is dropped by RFC 3579 section 3.3.
func judgeValid(t *testing.T, code wire.Code, got map[port]outcome) {
	t.Helper()
	login, told := got[authentication].why, got[accountingPort].why
	ok := true
	if code == wire.AccessRequest {
		ok = login == sound || login == noCredential
	}
	if code == wire.StatusServer {
		ok = login == sound && told == sound
	}
	if code == wire.AccountingRequest {
		ok = told == sound
	}
	if !ok {
		t.Errorf("code %d is dropped for causes %d, %d", code, login, told)
	}
}

func TestConformance_Attributes(t *testing.T) {
	for _, line := range vectors(t, "attributes_freeradius.jsonl") {
		var v struct {
			ID      string `json:"id"`
			Wrapped string `json:"wrapped_access_request"`
			Secret  string `json:"wrapped_secret"`
			Verdict string `json:"wrapped_verdict"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Wrapped == "" {
			continue
		}
		t.Run(v.ID, func(t *testing.T) {
			raw, err := hex.DecodeString(v.Wrapped)
			if err != nil {
				t.Fatal(err)
			}
			o := receive(t, raw, v.Secret, "required")[authentication]
			if taken := o.why == sound; taken != (v.Verdict == "well-formed") {
				t.Errorf("taken is %v (cause %d), the vector says %s", taken, o.why, v.Verdict)
			}
		})
	}
}

func TestConformance_BlastRADIUS(t *testing.T) {
	for _, line := range vectors(t, "blastradius.jsonl") {
		var v struct{ ID, Hex, Secret, Role string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(v.ID, func(t *testing.T) {
			want := map[string]cause{"auto": wrongCode, "required": wrongCode, "optional": wrongCode}
			switch v.ID {
			case "blast-original-request":
				want = map[string]cause{"auto": sound, "required": missingMessageAuthenticator, "optional": sound}
			case "blast-modified-request":
				want = map[string]cause{"auto": missingMessageAuthenticator, "required": missingMessageAuthenticator, "optional": sound}
			}
			for policy, w := range want {
				if got := receive(t, raw, v.Secret, policy)[authentication].why; got != w {
					t.Errorf("under %s the cause is %d, want %d", policy, got, w)
				}
			}
			judgeReply(t, raw, v.Secret)
		})
	}
}

// judgeReply checks that whatever is taken is answered with Message-Authenticator first.
func judgeReply(t *testing.T, raw []byte, under string) {
	t.Helper()
	p, err := wire.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := wire.NewKey(secret.New(under)).AppendReply(nil, wire.OriginOf(p), wire.Reply{Code: wire.AccessReject})
	if err != nil || reply[20] != wire.MessageAuthenticator || reply[21] != 18 {
		t.Errorf("the reply does not begin with Message-Authenticator: %x, %v", reply, err)
	}
}

func TestConformance_Crypto(t *testing.T) {
	for _, line := range vectors(t, "crypto.jsonl") {
		var v struct {
			ID, Kind, Secret, Plain, Cipher, MA string
			Authenticator                       string `json:"request_authenticator"`
			Packet                              string `json:"packet_with_zero_ma"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		switch v.Kind {
		case "user-password":
			t.Run(v.ID, func(t *testing.T) {
				cipher, _ := hex.DecodeString(v.Cipher)
				authenticator, _ := hex.DecodeString(v.Authenticator)
				got, err := wire.NewKey(secret.New(v.Secret)).Password(cipher, authenticator)
				if err != nil || got.Reveal() != v.Plain {
					t.Errorf("got %q, %v", got.Reveal(), err)
				}
			})
		case "message-authenticator":
			t.Run(v.ID, func(t *testing.T) {
				raw, _ := hex.DecodeString(strings.Replace(v.Packet, "5012"+strings.Repeat("0", 32), "5012"+v.MA, 1))
				p, err := wire.Parse(raw)
				if err != nil || !wire.NewKey(secret.New(v.Secret)).Verify(p) {
					t.Errorf("it does not verify: %v", err)
				}
			})
		}
	}
}
