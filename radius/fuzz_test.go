package radius

import (
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ivalt-radius/auth"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/reply"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// nobody has learned anything.
type nobody struct{}

func (nobody) Has(string) bool   { return false }
func (nobody) Learn(string) bool { return false }

// FuzzDecode: no datagram of a client may crash decode or get an unfit request through, on neither port and under no
// policy.
func FuzzDecode(f *testing.F) {
	header := "\x01\x07\x00\x00" + "0123456789abcdef"
	for _, attributes := range []string{
		"", "\x01\x05bob", "\x01\x05bob\x02\x120123456789abcdef", "\x01\x05bob\x03\x13" + strings.Repeat("c", 17),
		"\x01\x05bob\x4f\x06\x01\x02\x00\x04", "\x1a\x0c\x00\x00\x01\x37\x19\x00abcd", "\x1f\x0d192.0.2.7[5]", "\x42\x03\x01",
	} {
		raw := []byte(header + attributes)
		raw[3] = byte(len(raw)) //nolint:gosec // short
		f.Add(raw)
	}
	secrets := []secret.Secret{secret.New("a secret of sixteen")}
	var clients []*client.Client
	for _, policy := range []string{"auto", "required", "optional"} {
		tab, _ := client.NewTable([]ClientSettings{{
			Name: "vpn", Networks: []string{"127.0.0.1"}, Secrets: secrets, MessageAuthenticator: policy, Profile: "globalprotect",
		}}, nil)
		clients = append(clients, tab.Find(netip.MustParseAddr("127.0.0.1")))
	}
	s := &Server{learned: nobody{}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, c := range clients {
			decodeOn(t, s, c, authentication, raw)
			decodeOn(t, s, c, accountingPort, raw)
		}
	})
}

func decodeOn(t *testing.T, s *Server, c *client.Client, p port, raw []byte) {
	t.Helper()
	d := &datagram{socket: &socket{port: p}, client: c, source: netip.MustParseAddrPort("127.0.0.1:9"), received: time.Unix(0, 0)}
	d.size = copy(d.buf[:], raw)
	q, why := s.decode(d)
	if why != sound {
		return
	}
	if q.key == nil {
		t.Fatal("a packet goes on without a secret")
	}
	if q.packet.Code() == wire.AccessRequest {
		judgeRequest(t, q)
	}
}

func judgeRequest(t *testing.T, q question) {
	t.Helper()
	r := q.request
	switch {
	case r.Username == "" && r.Defect == "":
		t.Fatal("a request without a name has no defect")
	case r.State != nil && len(r.State) == 0 && r.Defect == "":
		t.Fatal("an empty State has no defect")
	case r.Method == auth.MSCHAPv2 && r.Defect == "" && reply.IdentOf(&r) == 0:
		t.Fatal("a whole MS-CHAPv2 handshake has no identifier")
	case !utf8.ValidString(r.CallingStation) || strings.ContainsAny(r.CallingStation, "\x00\n\x1b"):
		t.Fatalf("the calling station cannot be shown: %q", r.CallingStation)
	case r.From.Is4In6() || r.From.Zone() != "":
		t.Fatalf("the address is not in canonical form: %s", r.From)
	case r.CallingStation == "" && r.JoinScope == "":
		t.Fatal("strangers may join")
	}
}
