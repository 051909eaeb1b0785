//go:build conformance

package radius

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius/client"
	"ivalt-radius/radius/wire"
	"ivalt-radius/secret"
)

// The conformance tests run packets of other projects, which the repository does not carry, against decode and the codec. The
// environment variable CONFORMANCE_VECTORS names their directory; without it they fail. Every row of every file is judged, here or in the
// packages that the sheet names, or the sheet says why it is not.

func vectorsDirectory(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CONFORMANCE_VECTORS")
	if dir == "" {
		t.Fatal("CONFORMANCE_VECTORS names no directory")
	}
	return dir
}

// vectors are the rows of a file. A file that is not there, or holds none, ends the test.
func vectors(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(vectorsDirectory(t), name)) //nolint:gosec // whoever runs the test names the directory
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

// sheet is what became of the rows of a file.
type sheet struct {
	file         string
	rows, passed int
	not          map[string]int // rows that are not judged here, by the reason
}

// read judges all rows of a file. A row comes back with its name and what is wrong with it, or why it is not judged.
func read(t *testing.T, file string, judge func(t *testing.T, row string) (id, wrong, not string)) {
	t.Helper()
	s := sheet{file: file, not: map[string]int{}}
	for _, row := range vectors(t, file) {
		s.rows++
		switch id, wrong, not := judge(t, row); {
		case wrong != "":
			t.Errorf("%s, row %d, %s: %s", file, s.rows, id, wrong)
		case not != "":
			s.not[not]++
		case id == "":
			t.Errorf("%s, row %d has no name: was it read?", file, s.rows)
		default:
			s.passed++
		}
	}
	t.Log(s)
}

// String is the line that `make conformance` shows.
func (s sheet) String() string {
	text := fmt.Sprintf("%s: %d rows, %d passed", s.file, s.rows, s.passed)
	for _, why := range slices.Sorted(maps.Keys(s.not)) {
		text += fmt.Sprintf(", %d not here (%s)", s.not[why], why)
	}
	return text
}

// TestConformance_Files: all files are there, none that no test reads, and each has as many rows as the README beside them says.
func TestConformance_Files(t *testing.T) {
	known := []string{"attributes_freeradius.jsonl", "blastradius.jsonl", "crypto.jsonl", "malformed.txt", "packets_all.jsonl", "responses.txt", "valid_requests.txt"}
	entries, err := os.ReadDir(vectorsDirectory(t))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.Name() != "README.md" {
			found = append(found, e.Name())
		}
	}
	if !slices.Equal(found, known) {
		t.Errorf("the directory holds %q, and the tests read %q", found, known)
	}
	text, err := os.ReadFile(filepath.Join(vectorsDirectory(t), "README.md"))
	if err != nil {
		t.Fatalf("nobody says how many rows there ought to be: %v", err)
	}
	counts := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([0-9]+) \\|").FindAllStringSubmatch(string(text), -1)
	for _, c := range counts {
		if want, _ := strconv.Atoi(c[2]); len(vectors(t, c[1])) != want {
			t.Errorf("%s has %d rows, and the README says %d", c[1], len(vectors(t, c[1])), want)
		}
	}
	if len(counts) != len(known) {
		t.Errorf("the README counts %d files, want %d", len(counts), len(known))
	}
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

func columns(line string) (raw []byte, under, verdict, id, reason string) {
	c := strings.Split(line+"\t\t\t\t\t", "\t")
	raw, err := hex.DecodeString(c[0])
	if err != nil {
		return nil, "", "", c[4], ""
	}
	return raw, c[1], c[2], c[4], c[5]
}

// refused says where a packet is taken that must not be. What may be rejected as well as dropped has a defect.
func refused(t *testing.T, raw []byte, under, verdict, reason string) (wrong string) {
	t.Helper()
	if verdict != "discard" && verdict != "discard-or-reject" {
		return fmt.Sprintf("the verdict %q is unknown", verdict)
	}
	for p, o := range receive(t, raw, under, "optional") {
		if o.why == sound && (verdict == "discard" || o.defect == "") {
			wrong += fmt.Sprintf("%s takes it, which is: %s. ", p.key(), reason)
		}
	}
	return wrong
}

func TestConformance_Malformed(t *testing.T) {
	read(t, "malformed.txt", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		raw, under, verdict, id, reason := columns(line)
		return id, refused(t, raw, under, verdict, reason), ""
	})
}

func TestConformance_Responses(t *testing.T) {
	read(t, "responses.txt", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		raw, under, verdict, id, reason := columns(line)
		return id, refused(t, raw, under, verdict, reason), ""
	})
}

func TestConformance_ValidRequests(t *testing.T) {
	read(t, "valid_requests.txt", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		raw, under, verdict, id, reason := columns(line)
		if verdict != "well-formed" {
			return id, fmt.Sprintf("the verdict %q is unknown", verdict), ""
		}
		return id, taken(t, raw, under, reason), ""
	})
}

// taken judges a well-formed request. Of one whose secret nobody knows ("-") the structure alone.
func taken(t *testing.T, raw []byte, under, reason string) (wrong string) {
	t.Helper()
	p, err := wire.Parse(raw)
	if err != nil {
		return err.Error()
	}
	if under == "-" {
		return ""
	}
	if strings.Contains(reason, "Message-Authenticator verifies") && !wire.NewKey(secret.New(under)).Verify(p) {
		return "its Message-Authenticator does not verify"
	}
	return judgeValid(p.Code(), receive(t, raw, under, "optional"))
}

// judgeValid checks that the ports of a code take the packet. An Access-Request without credential and
// Message-Authenticator is dropped by RFC 3579 section 3.3.
func judgeValid(code wire.Code, got map[port]outcome) (wrong string) {
	login, told := got[authentication].why, got[accountingPort].why
	ok := code != wire.AccessRequest || login == sound || login == noCredential
	ok = ok && (code != wire.StatusServer || login == sound && told == sound)
	ok = ok && (code != wire.AccountingRequest || told == sound)
	if ok {
		return ""
	}
	return fmt.Sprintf("code %d is dropped for causes %d, %d", code, login, told)
}

// TestConformance_Packets: all packets once more, from the file that has their history; the other files are made of it.
func TestConformance_Packets(t *testing.T) {
	read(t, "packets_all.jsonl", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		var v struct {
			ID, Hex  string
			Secret   *string
			Verdict  string `json:"server_port_verdict"`
			Reason   string `json:"server_port_reason"`
			Password string `json:"expect_user_password"`
		}
		err := json.Unmarshal([]byte(line), &v)
		raw, badHex := hex.DecodeString(v.Hex)
		if err != nil || badHex != nil {
			return v.ID, fmt.Sprint(err, badHex), ""
		}
		under := "-"
		if v.Secret != nil {
			under = *v.Secret
		}
		if v.Verdict != "well-formed" {
			return v.ID, refused(t, raw, under, v.Verdict, v.Reason), ""
		}
		wrong = taken(t, raw, under, v.Reason)
		if v.Password != "" {
			wrong += passwordOf(raw, under, v.Password)
		}
		return v.ID, wrong, ""
	})
}

// passwordOf says where the User-Password of a packet is not that one.
func passwordOf(raw []byte, under, want string) (wrong string) {
	if _, err := wire.Parse(raw); err != nil {
		return err.Error()
	}
	wrong = "it has no User-Password"
	_ = wire.Walk(raw[wire.HeaderSize:], func(typ byte, value []byte) bool {
		if typ != 2 { // User-Password (RFC 2865 section 5.2)
			return true
		}
		wrong = ""
		got, err := wire.NewKey(secret.New(under)).Password(value, raw[4:wire.HeaderSize])
		if err != nil || got.Reveal() != want {
			wrong = fmt.Sprintf("its password is read as %q, %v", got.Reveal(), err)
		}
		return false
	})
	return wrong
}

func TestConformance_Attributes(t *testing.T) {
	read(t, "attributes_freeradius.jsonl", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		var v struct {
			ID      string
			Wrapped string `json:"wrapped_access_request"`
			Secret  string `json:"wrapped_secret"`
			Verdict string `json:"wrapped_verdict"`
			Source  string
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return "", err.Error(), ""
		}
		if v.Wrapped == "" && strings.HasSuffix(v.Source, "/radsecproxy") {
			return v.ID, "", "lengths of RADIUS over TLS, which this server does not speak"
		}
		raw, err := hex.DecodeString(v.Wrapped)
		if err != nil || len(raw) == 0 || v.Verdict != "well-formed" && v.Verdict != "discard" {
			return v.ID, fmt.Sprintf("no packet, or the verdict %q is unknown: %v", v.Verdict, err), ""
		}
		o := receive(t, raw, v.Secret, "required")[authentication]
		if taken := o.why == sound; taken != (v.Verdict == "well-formed") {
			wrong = fmt.Sprintf("taken is %v (cause %d), the vector says %s", taken, o.why, v.Verdict)
		}
		return v.ID, wrong, ""
	})
}

func TestConformance_BlastRADIUS(t *testing.T) {
	read(t, "blastradius.jsonl", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		var v struct{ ID, Hex, Secret string }
		err := json.Unmarshal([]byte(line), &v)
		raw, badHex := hex.DecodeString(v.Hex)
		if err != nil || badHex != nil {
			return v.ID, fmt.Sprint(err, badHex), ""
		}
		want := map[string]cause{"auto": wrongCode, "required": wrongCode, "optional": wrongCode}
		switch v.ID {
		case "blast-original-request":
			want = map[string]cause{"auto": sound, "required": missingMessageAuthenticator, "optional": sound}
		case "blast-modified-request":
			want = map[string]cause{"auto": missingMessageAuthenticator, "required": missingMessageAuthenticator, "optional": sound}
		case "blast-server-reject", "blast-forged-accept": // directory/upstream judges them as a client
		default:
			return v.ID, "nobody knows this row", ""
		}
		for policy, w := range want {
			if got := receive(t, raw, v.Secret, policy)[authentication].why; got != w {
				wrong += fmt.Sprintf("under %s the cause is %d, want %d. ", policy, got, w)
			}
		}
		return v.ID, wrong + judgeReply(raw, v.Secret), ""
	})
}

// judgeReply checks that whatever is taken is answered with Message-Authenticator first.
func judgeReply(raw []byte, under string) (wrong string) {
	p, err := wire.Parse(raw)
	if err != nil {
		return err.Error()
	}
	reply, err := wire.NewKey(secret.New(under)).AppendReply(nil, wire.OriginOf(p), wire.Reply{Code: wire.AccessReject})
	if err != nil || reply[20] != wire.MessageAuthenticator || reply[21] != 18 {
		return fmt.Sprintf("the reply does not begin with Message-Authenticator: %x, %v", reply, err)
	}
	return ""
}

func TestConformance_Crypto(t *testing.T) {
	read(t, "crypto.jsonl", func(t *testing.T, line string) (id, wrong, not string) {
		t.Helper()
		var v struct {
			ID, Kind, Secret, Plain, Cipher, MA string
			Authenticator                       string `json:"request_authenticator"`
			Packet                              string `json:"packet_with_zero_ma"`
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			return "", err.Error(), ""
		}
		switch v.Kind {
		case "user-password":
			cipher, _ := hex.DecodeString(v.Cipher)
			authenticator, _ := hex.DecodeString(v.Authenticator)
			got, err := wire.NewKey(secret.New(v.Secret)).Password(cipher, authenticator)
			if err != nil || got.Reveal() != v.Plain {
				wrong = fmt.Sprintf("got %q, %v", got.Reveal(), err)
			}
		case "message-authenticator":
			raw, _ := hex.DecodeString(strings.Replace(v.Packet, "5012"+strings.Repeat("0", 32), "5012"+v.MA, 1))
			p, err := wire.Parse(raw)
			if err != nil || !wire.NewKey(secret.New(v.Secret)).Verify(p) {
				wrong = fmt.Sprintf("it does not verify: %v", err)
			}
		case "mschapv2-nt-response", "mschapv2-authenticator-response":
			not = "MS-CHAPv2, which directory/mschap judges"
		case "chap":
			not = "CHAP, which is passed on to the upstream server and computed nowhere here"
		case "mschapv1-nt-response":
			not = "MS-CHAPv1, which this server does not speak"
		case "salt-encrypt (8-octet test authenticator)":
			not = "salt encryption under an authenticator of 8 octets, which no packet has"
		default:
			wrong = fmt.Sprintf("the kind %q is unknown", v.Kind)
		}
		return v.ID, wrong, not
	})
}
