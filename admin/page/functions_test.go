package page

import (
	"math"
	"testing"
	"time"

	"ivalt-radius/admin/access"
)

func TestWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for got, want := range map[string]string{
		took(0): "0 ms", took(999): "999 ms", took(1000): "1.0 s", took(59_999): "59.9 s", took(60_000): "1 min", took(150_999): "2 min 30 s", took(7_200_000): "2 h",
		ago(now, time.Time{}): "never", ago(now, now.Add(-time.Hour)): "1 h ago", ago(now, now.Add(90*time.Second)): "in 1 min", ago(now, now.Add(-50*time.Hour)): "2 days ago",
		number(-1234567): "-1,234,567", number(uint64(999)): "999", number(uint64(1000)): "1,000", number(uint64(math.MaxUint64)): "18,446,744,073,709,551,615",
		words("other_node"): "other node", viewName("now"): "Now", viewName(""): "",
		tone("accept"): "badge-good", tone("reject"): "badge-bad", tone("ringing"): "badge-info", tone("medium"): "badge-warn", tone("<b>"): "badge-plain",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	for word, least := range map[string]access.Role{"read": access.Viewer, "write": access.Operator, "delete": access.Admin, "configure": access.Admin} {
		for _, role := range []access.Role{access.NoRole, access.Viewer, access.Operator, access.Admin} {
			if got := may(access.Principal{Role: role}, word); got != (role >= least) {
				t.Errorf("%v may %s: %v", role, word, got)
			}
		}
	}
	if may(access.Principal{Role: access.Admin}, "everything") {
		t.Error("a permission that there is not is granted")
	}
}
