package outcome

import (
	"strings"
	"testing"

	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/reason"
)

func approved(tb testing.TB) Told {
	tb.Helper()
	m, err := identity.ParseMobile("+491701111111")
	if err != nil {
		tb.Fatal(err)
	}
	return Told{Attempt: "a1", Answer: Answer{Outcome: Approved, Mobile: m, Detail: "approved in 5 s", Pushed: true}}
}

// TestForms: what is told is what is read, by the one attempt that it is for.
func TestForms(t *testing.T) {
	asleep := Told{Attempt: "a1", Answer: Answer{Detail: "twice"}, Refused: reason.RateLimited, Asleep: true}
	for _, told := range []Told{
		approved(t), asleep,
		{Attempt: "a1"},
		{Attempt: "a1", Answer: Answer{Outage: true, Detail: "closed off"}},
		{Attempt: "a1", Answer: Answer{Outcome: Collided, Pushed: true}, Refused: reason.Blocked},
	} {
		if got := Parse(told.Form(), "a1"); got != told {
			t.Errorf("%+v is read as %+v", told, got)
		}
		if got := Parse(told.Form(), "a2"); got != (Told{}) {
			t.Errorf("another attempt reads %+v", got)
		}
	}
	if got := Parse(Told{Answer: Answer{Outcome: Approved}}.Form(), ""); got != (Told{}) {
		t.Errorf("of no attempt: %+v", got)
	}
	odd := Told{Attempt: "a1", Refused: reason.Approved, Answer: Answer{Detail: strings.Repeat("é", 600) + "\x00"}}
	if got := Parse(odd.Form(), "a1"); got.Refused != reason.Unavailable || len(got.Answer.Detail) != mostDetail {
		t.Errorf("%+v", got)
	}
}

// TestHostileForms: they approve nothing.
func TestHostileForms(t *testing.T) {
	form := string(approved(t).Form())
	for name, hostile := range map[string]string{
		"nothing":          "",
		"null":             "null",
		"cut short":        form[:len(form)-1],
		"twice":            form + form,
		"a list":           "[" + form + "]",
		"too long":         form + strings.Repeat(" ", mostOctets),
		"an odd outcome":   strings.Replace(form, "approved", "accept", 1),
		"a number":         strings.Replace(form, `"approved"`, "1", 1),
		"an odd mobile":    strings.Replace(form, "+491", "0", 1),
		"another attempt":  strings.Replace(form, "a1", "a2", 1),
		"no attempt":       strings.Replace(form, `"attempt":"a1",`, "", 1),
		"an odd pushed":    strings.Replace(form, "true", `"yes"`, 1),
		"another spelling": strings.Replace(form, "approved", "Approved", 1),
	} {
		if hostile == form {
			t.Errorf("%s: nothing is changed in %s", name, form)
		}
		if got := Parse([]byte(hostile), "a1"); got.Answer.Outcome == Approved {
			t.Errorf("%s: %+v", name, got)
		}
	}
	later := strings.Replace(form, "{", `{"of a later version":{"a":[1]},`, 1)
	if Parse([]byte(later), "a1") != approved(t) {
		t.Error("what a later version adds is not left out")
	}
}

// FuzzParse: whatever is read can be told and read again, is bounded, and holds nothing that no log line may hold.
func FuzzParse(f *testing.F) {
	f.Add(approved(f).Form(), "a1")
	f.Add(Told{Attempt: "a1", Refused: reason.LockedOut, Asleep: true}.Form(), "a1")
	f.Add([]byte(`{"attempt":"a1","outcome":"accept","detail":"a\u0000\ud800b"}`), "a1")
	f.Add([]byte(`null`), "")
	f.Fuzz(func(t *testing.T, form []byte, attempt string) {
		got := Parse(form, attempt)
		if got == (Told{}) {
			return
		}
		if got.Attempt != attempt || attempt == "" || got.Answer.Outcome >= count || len(got.Answer.Detail) > mostDetail {
			t.Fatalf("%+v", got)
		}
		if got.Refused != reason.Unavailable && !refusal(got.Refused) {
			t.Fatalf("a gate gives no such reason: %v", got.Refused)
		}
		if strings.ContainsFunc(got.Answer.Detail, func(r rune) bool { return r < ' ' }) {
			t.Fatalf("%q", got.Answer.Detail)
		}
		if len(attempt) < 100 && Parse(got.Form(), attempt) != got && attempt == strings.ToValidUTF8(attempt, "") {
			t.Fatalf("%+v is told as %s", got, got.Form())
		}
	})
}
