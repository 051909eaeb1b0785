package reply_test

import (
	"bytes"
	"regexp"
	"testing"

	layeh "layeh.com/radius"
	"layeh.com/radius/vendors/microsoft"

	"ivalt-radius/auth"
	"ivalt-radius/radius/reply"
	"ivalt-radius/secret"
)

// success is what a checked MS-CHAPv2 login has.
func success() auth.MSCHAPSuccess {
	return auth.MSCHAPSuccess{
		Success: append([]byte("m"), "S=407A5589115FD0D6209F510FE9C04566932CDA56"...),
		SendKey: secret.New("a send key of 16"), RecvKey: secret.New("a recv key of 16"),
	}
}

func TestCHP2_Accept(t *testing.T) {
	octets, err := reply.Make(target(shaken), auth.Verdict{Kind: auth.Accept, MSCHAP: success()}, now())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(octets, []byte("key of 16")) {
		t.Error("a key stands there in plain text")
	}
	got := read(t, octets)
	if all := vendorTypes(got); !bytes.Equal(all, []byte{26, 7, 8, 16, 17}) {
		t.Errorf("Microsoft's attributes are %v", all)
	}
	if s := microsoft.MSCHAP2Success_GetString(got); s != string(success().Success) {
		t.Errorf("MS-CHAP2-Success is %q", s)
	}
	send, recv := microsoft.MSMPPESendKey_GetString(got, request()), microsoft.MSMPPERecvKey_GetString(got, request())
	if send != "a send key of 16" || recv != "a recv key of 16" {
		t.Errorf("the keys read as %q and %q", send, recv)
	}
	if p := microsoft.MSMPPEEncryptionPolicy_Get(got); p != microsoft.MSMPPEEncryptionPolicy_Value_EncryptionAllowed {
		t.Errorf("MS-MPPE-Encryption-Policy is %v", p)
	}
	const bitS = 4 // RC4 with 128 bits (RFC 2548 section 2.4.5); the library's names stand for other bits
	if types := microsoft.MSMPPEEncryptionTypes_Get(got); types != bitS {
		t.Errorf("MS-MPPE-Encryption-Types is %v", types)
	}
}

// TestCHP2_WithoutKeys: policy and types are for those that have keys.
func TestCHP2_WithoutKeys(t *testing.T) {
	m := success()
	m.SendKey, m.RecvKey = secret.Secret{}, secret.Secret{}
	got := made(t, target(shaken), auth.Verdict{Kind: auth.Accept, MSCHAP: m})
	if all := vendorTypes(got); !bytes.Equal(all, []byte{26}) {
		t.Errorf("Microsoft's attributes are %v", all)
	}
}

// TestCHP2_Reject: the error is the same whatever the reason, but for its challenge, and follows an MS-CHAPv2 login alone.
func TestCHP2_Reject(t *testing.T) {
	form := regexp.MustCompile(`^mE=691 R=0 C=[0-9A-F]{32} V=3 M=Access denied$`)
	seen := map[string]bool{}
	for _, reason := range []auth.Reason{auth.BadPassword, auth.UnknownUser, auth.PushTimeout, auth.Busy, auth.MisconfiguredReason} {
		got := made(t, target(shaken), auth.Verdict{Reason: reason, Message: "Enrol first."})
		text := microsoft.MSCHAPError_GetString(got)
		if !form.MatchString(text) || seen[text] || got.Code != layeh.CodeAccessReject {
			t.Errorf("%s: %q", reason, text)
		}
		seen[text] = true
	}
	for name, v := range map[string]auth.Verdict{
		"accept": accept(), "challenge": {Kind: auth.Challenge, State: "s"},
	} {
		if got := made(t, target(shaken), v); len(vendorTypes(got)) != 0 {
			t.Errorf("%s: Microsoft's attributes are %v", name, vendorTypes(got))
		}
	}
	octets, err := reply.Make(target(shaken), auth.Verdict{Kind: auth.Challenge}, now())
	if err == nil || len(vendorTypes(read(t, octets))) != 1 {
		t.Errorf("a Reject that stands for a challenge has no MS-CHAP-Error: %v", err)
	}
}

func TestIdentOf(t *testing.T) {
	whole := auth.Handshake{Challenge: make([]byte, 16), Response: make([]byte, 50)}
	for name, c := range map[string]struct {
		request auth.Request
		given   bool
	}{
		"MSCHAPv2_with_an_identifier_of_0": {auth.Request{Method: auth.MSCHAPv2, Handshake: whole}, true},
		"MSCHAPv2_with_a_defect":           {auth.Request{Method: auth.MSCHAPv2, Defect: "too short"}, false},
		"CHAP":                             {auth.Request{Method: auth.CHAP, Handshake: whole}, false},
		"MSCHAP":                           {auth.Request{Method: auth.MSCHAP, Handshake: whole}, false},
		"PAP":                              {auth.Request{Method: auth.PAP}, false},
		"zero":                             {auth.Request{}, false},
	} {
		if got := reply.IdentOf(&c.request); (got != 0) != c.given {
			t.Errorf("%s: %d", name, got)
		}
	}
}
