package reason

import (
	"strings"
	"testing"
)

func TestReasonsAreAClosedList(t *testing.T) {
	contract := strings.Fields(`approved remembered exempt push_denied push_timeout geofence timezone outside_hours network_denied
		policy_denied unknown_user bad_password locked_out blocked rate_limited collision stale_approval busy unavailable
		misconfigured bad_request shutting_down challenged`)
	sentence := map[string]string{
		"approved": granted, "remembered": granted, "exempt": granted, "push_timeout": notInTime,
		"challenged": question, "busy": tryLater, "unavailable": tryLater, "rate_limited": tryLater, "shutting_down": tryLater,
	}
	got := map[string]string{}
	All(func(word, reply, meaning string) {
		got[word] = reply
		if meaning == "" {
			t.Errorf("%s has no meaning", word)
		}
	})
	for _, word := range contract {
		want := sentence[word]
		if want == "" {
			want = denied
		}
		if got[word] != want {
			t.Errorf("%s: got %q, want %q", word, got[word], want)
		}
		delete(got, word)
	}
	if len(got) != 0 {
		t.Errorf("not in the contract: %v", got)
	}
	if r := Reason(250); r.String() != "unavailable" || r.ReplyMessage() != tryLater {
		t.Errorf("an unknown reason is %v", r)
	}
}

// TestEachReasonIsItself: its word and its sentence are those of the list.
func TestEachReasonIsItself(t *testing.T) {
	r := Unavailable
	All(func(word, sentence, _ string) {
		if r.String() != word || r.ReplyMessage() != sentence {
			t.Errorf("%d: %s, %s", r, r, r.ReplyMessage())
		}
		r++
	})
}

// TestKinds: what is no kind rejects.
func TestKinds(t *testing.T) {
	for k, want := range map[Kind]string{Reject: "reject", Accept: "accept", Challenge: "challenge", 3: "reject", 255: "reject"} {
		if k.String() != want {
			t.Errorf("%d is %q, want %q", uint8(k), k, want)
		}
	}
}

// TestOf: each word is its reason's, and any other one is none that lets in.
func TestOf(t *testing.T) {
	for r := range reasonCount {
		if got := Of(r.String()); got != r {
			t.Errorf("%q is %v", r.String(), got)
		}
	}
	for _, word := range []string{"", "accept", "APPROVED", "approved ", "let in"} {
		if got := Of(word); got != Unavailable {
			t.Errorf("%q is %v", word, got)
		}
	}
}
