package questions

import (
	"strings"
	"testing"

	"ivalt-radius/auth/identity"
)

// TestTexts: phones are shown masked, and a request by its number.
func TestTexts(t *testing.T) {
	one, err := identity.ParseMobile("+491701111142")
	if err != nil {
		t.Fatal(err)
	}
	if text := Which([]identity.Mobile{one, one}); !strings.Contains(text, "1: **********42, 2: **********42") || strings.Contains(text, "111") {
		t.Error(text)
	}
	if again := StillApprove("42"); !strings.Contains(Approve("42"), "request 42 ") || !strings.HasSuffix(again, Approve("42")) || again == Approve("42") {
		t.Error(again)
	}
}
