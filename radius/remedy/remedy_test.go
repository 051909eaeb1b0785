package remedy

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMemoryIsBounded(t *testing.T) {
	var q Queue
	addr := netip.MustParseAddr("192.0.2.7")
	now := time.Unix(1_700_000_000, 0)
	for i := range 10_000 {
		q.Offer(Hint{Advice: MustSign, Client: strconv.Itoa(i), Address: addr}, now)
		if i%3 == 0 { // three drops a second, one line
			now = now.Add(time.Second)
			q.Next()
		}
		if k := &q.kinds[MustSign]; len(k.queue) > mostHints || len(k.told) > mostAdvised {
			t.Fatalf("%d wait, %d are remembered", len(k.queue), len(k.told))
		}
	}
	for range mostHints {
		q.Next()
	}
	if q.Waiting() || q.Next() != (Hint{}) {
		t.Error("a hint is left")
	}
}

func TestEveryHintSaysWhatToDo(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.7")
	for a := range advices {
		message, what := Hint{Advice: a, Client: "vpn", Address: addr}.Text()
		if message == "" || (what == "") != (a == None) {
			t.Errorf("advice %d: %q, %q", a, message, what)
		}
		if a == SignedOnce && !strings.HasSuffix(what, "ivalt-radius clients forget --client vpn --address 192.0.2.7") {
			t.Errorf("the refusal's remedy is %q", what)
		}
		if a == Enforced && !strings.HasSuffix(what, "ivalt-radius clients forget --client vpn --address 192.0.2.7") ||
			a == EnforcedAll && !strings.HasSuffix(what, "ivalt-radius clients forget --client vpn") {
			t.Errorf("what lifts an enforcement is %q", what)
		}
	}
}

func TestStrangersTakeOnePlace(t *testing.T) {
	var q Queue
	now := time.Unix(1_700_000_000, 0)
	first := Hint{Advice: Stranger, Address: netip.MustParseAddr("192.0.2.1")}
	q.Offer(first, now)
	q.Offer(Hint{Advice: Stranger, Address: netip.MustParseAddr("192.0.2.2")}, now)
	if !q.Strange() || q.Next() != first || q.Strange() || q.Waiting() {
		t.Error("not the first stranger alone waits")
	}
	q.Offer(first, now)
	if q.Next() != first {
		t.Error("a stranger's remedy is not told with each line")
	}
}
