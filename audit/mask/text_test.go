package mask

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// cases are texts and what becomes of them.
type cases map[string]string

func (c cases) hold(t *testing.T, f func(string) string) {
	t.Helper()
	for text, want := range c {
		if want == "" {
			want = text // it stays
		}
		if got := f(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if got := f("see " + text + "; more"); got != "see "+want+"; more" {
			t.Errorf("within words %q becomes %q, want %q", text, got, want)
		}
	}
}

const (
	key    = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func TestAPIKeys(t *testing.T) {
	masked := cases{
		key: APIKey, "x-api-key: " + key: "x-api-key: " + APIKey, "key=" + key: "key=" + APIKey, `"` + key + `"`: `"` + APIKey + `"`,
		key[:32]: APIKey, key + "_" + key: APIKey, key + "." + key: APIKey + "." + APIKey, "Bearer " + key: "Bearer " + APIKey,
		"abc_" + key:                               APIKey,
		"https://api.example/v1/" + key:            "https://api.example/v1/" + APIKey,
		"?k=" + key + "&x=1":                       "?k=" + APIKey + "&x=1",
		"8846f7eaee8fb117ad06bdd830b7586c":         APIKey, // an NT hash
		strings.ToUpper(digest):                    APIKey,
		digest[:63]:                                APIKey,
		digest + "0":                               APIKey,
		"abcdefghijklmnopqrstuvwxyzabcdefghi":      APIKey, // letters alone, but no word is so long
		"ABCDefghIJKLmnopQRSTuvwxYZABcdefgh":       APIKey,
		"live_ZZaabbccddeeffgghhiijjkkllmmnnoo":    APIKey,
		"1b4e28ba-2fa1-11d2-883f-0016d3cca4277":    APIKey, // one digit more than a UUID
		"sealed:YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0pY": "sealed:" + APIKey,
	}
	masked.hold(t, APIKeys)
	cases{
		"": "", key[:31]: "", digest: "", "hash " + digest + ".": "", "1b4e28ba-2fa1-11d2-883f-0016d3cca427": "",
		"message_authenticator_not_learned": "", "MESSAGE_AUTHENTICATOR_NOT_LEARNED": "", "biometric-geo-fence-auth-results": "",
		"/biometric-geo-fence-auth-results": "", "Insecure-Omit-Message-Authenticator": "",
		"audit.jsonl.000000000001-000000000009.gz": "", "1234567890123456789012345678901234567890": "", "1pknd8rz1v5hw0qg": "",
		"/var/lib/ivalt-radius/" + key: "", "open /run/credentials/" + key + "/seal.key: no such file": "", "file:/run/" + key: "",
		"v0.0.0-20231213012653-1006025d24f8": "", "2026-11-26T09:00:00.123456789Z": "", "1h23m45.678s": "", "10.0.0.0/8": "", "2001:db8::/32": "",
		"user-0123456789abcdef": "", "uid=0 pid=4711": "", "--------------------------------": "",
	}.hold(t, APIKeys)
	masked.hold(t, Text)
}

func TestEmails(t *testing.T) {
	masked := cases{
		"alice@example.com": Email, "Alice.B+tag@mail.Example.co.uk": Email, "<alice@example.com>": "<" + Email + ">",
		"mailto:alice@example.com": "mailto:" + Email, "alice@example.com, bob@example.com": Email + ", " + Email,
		`"alice@example.com"`: `"` + Email + `"`, "mail=alice@example.com": Email, "alice@example.com:": Email + ":",
		"jürgen@müller.example": Email, "a@b.co": Email, "alice@a-b.example/": Email + "/", "x@y@example.com": "x@" + Email,
		"alice@example.com@corp.example": Email + "@corp.example", "alice'o@example.com": "alice'" + Email, "a@xn--mller-kva.example": Email,
		"https://alice@example.com/x": "https://" + Email + "/x", "a_b%c@example.com": Email,
	}
	masked.hold(t, Emails)
	cases{
		"": "", "@": "", "alice": "", "alice@corp": "", "@example.com": "", "{username}@example.com": "", "golang.org/x/sys@v0.49.0": "", "root@10.0.0.1": "",
		"a@b.c": "", "alice@.example": "", "svc-*@corp": "", "every 5s @ 10.0.0.1": "", "alice@": "", "a@b..": "",
	}.hold(t, Emails)
	masked.hold(t, Text)
}

func TestMobiles(t *testing.T) {
	masked := cases{
		"+4917012399881": "+***********81", "+12025550123": "+*********23", "+49 170 123-998-81": "+** *** ***-***-81", "+49 (0)170 1239988": "+** (*)*** *****88",
		"tel:+4917012399881;": "tel:+***********81;", "+4917012399881 2026-11-26": "+***********81 2026-11-26", "+4917012399881, +4917012399882": "+***********81, +***********82",
		"+49170123998811234": "+***************34", "00+4917012399881": "00+***********81", "++4917012399881": "++***********81", "+1-202-555-0123": "+*-***-***-**23",
	}
	masked.hold(t, Mobiles)
	cases{
		"": "", "+": "", "+1": "", "1+1": "", "+02:00": "", "+0100": "", "2026-11-26T09:00:00+01:00": "", "+1234567": "", "4917012399881": "", "**********81": "",
		"+***********81": "", "+ 49 170 1239988": "", "1e+12": "", "go1.26+build": "", "+491 of 2": "",
	}.hold(t, Mobiles)
	masked.hold(t, Text)
}

func TestAddresses(t *testing.T) {
	some := func(s string) string { return Addresses(s, func(a string) string { return "<" + a + ">" }) }
	cases{
		"198.51.100.7": "<198.51.100.7>", "198.51.100.7:1812": "<198.51.100.7>:1812", "198.51.100.0/24": "<198.51.100.0>/24",
		"2001:db8::7": "<2001:db8::7>", "[2001:db8::7]:1812": "[<2001:db8::7>]:1812", "2001:DB8::/32": "<2001:DB8::>/32", "::1": "<::1>",
		"::ffff:198.51.100.7": "<::ffff:198.51.100.7>", "fe80::1%eth0": "<fe80::1>%eth0", "198.51.100.7.": "<198.51.100.7>.", "from:198.51.100.7": "from:<198.51.100.7>",
		"198.51.100.7-198.51.100.9": "<198.51.100.7>-<198.51.100.9>", "00:11:22:aa:BB:cc": "<00:11:22:aa:BB:cc>", "gateway 198.51.100.7": "gateway <198.51.100.7>",
		"ip=198.51.100.7,": "ip=<198.51.100.7>,", "2001:db8::7:": "<2001:db8::7>:", "source:198.51.100.7:99": "source:<198.51.100.7>:99", "1.2.3.4.5": "<1.2.3.4>.5",
	}.hold(t, some)
	cases{
		"": "", "1.2.3": "", "v1.2.3.4": "", "1.2.3.4rc1": "", "999.1.1.1": "", "09:00:00": "", "2026-11-26T09:00:00Z": "", "1m30.5s": "", "/24": "", digest: "", "dead.beef": "",
		"audit.jsonl.000000000001-000000000009.gz": "", ":": "", "office_10.0.0.1": "",
	}.hold(t, some)
}

// TestTextFindsWhatEachClassFinds: the quick look lets nothing pass.
func TestTextFindsWhatEachClassFinds(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{key, digest, "a@b.example", "+4917012399881", "/run/x", "@", "+", "4917012399881", " ", "-", "é", "\xff"}), rapid.String(),
		rapid.StringMatching(`[A-Za-z0-9_-]{28,36}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		got := Text(s)
		if want := Mobiles(APIKeys(Emails(s))); got != want {
			t.Fatalf("%q becomes %q, and class by class %q", s, got, want)
		}
		if again := Text(got); again != got {
			t.Fatalf("%q becomes %q, and that %q", s, got, again)
		}
	})
}

// FuzzText: no text makes it panic or grow without bound, and what it leaves holds none of a key put between blanks.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", key, "a@b.example", "+49 170 1239988", "/run/" + key, "@@..", "+1+2", "\xff@\xfe.ab"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Text(s); len(got) > 8*len(s)+len(Email) {
			t.Errorf("%d octets become %d", len(s), len(got))
		}
		if got := Text("of " + key + " " + s); strings.Contains(got[:min(len(got), len("of "+key))], key) {
			t.Errorf("%q keeps the key", got)
		}
		Addresses(s, func(a string) string {
			if a == "" {
				t.Error("an address of no octets")
			}
			return ""
		})
	})
}

func TestTextDoesNotAllocateWhereNothingIsMasked(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Text(ordinary) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

const ordinary = "a push was open for attempt 1pknd8rz1v5hw0qg; both are denied, see docs/reasons.md"

func BenchmarkText(b *testing.B) {
	for name, s := range map[string]string{"ordinary": ordinary, "email": "no such person alice@example.com in the directory", "empty": ""} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				Text(s)
			}
		})
	}
}
