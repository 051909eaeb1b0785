package carry

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"ivalt-radius/auth/carried"
)

// TestSort: both lists are in the order of their times, and what has the same time stays as it was.
func TestSort(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1_800_000_000+int64(s), 0) }
	e := Exchanges{
		Unanswered: []carried.Datagram{{Received: at(3), Octets: []byte{3}}, {Received: at(1), Octets: []byte{1}}, {Received: at(3), Octets: []byte{4}}, {}},
		Replies:    []Reply{{At: at(2), Identifier: 2}, {At: at(1), Identifier: 0}, {At: at(1), Identifier: 1}},
	}
	e.Sort()
	for i, want := range [][]byte{nil, {1}, {3}, {4}} {
		if !reflect.DeepEqual(e.Unanswered[i].Octets, want) {
			t.Errorf("packet %d is %v, want %v", i, e.Unanswered[i].Octets, want)
		}
	}
	for i := range e.Replies {
		if int(e.Replies[i].Identifier) != i {
			t.Errorf("answer %d is %d", i, e.Replies[i].Identifier)
		}
	}
	var none Exchanges
	none.Sort()
	if none.Unanswered != nil || none.Replies != nil {
		t.Errorf("none becomes %+v", none)
	}
}

// TestExchangesAreWrittenAndRead: nothing of them is lost on the way.
func TestExchangesAreWrittenAndRead(t *testing.T) {
	here, there := netip.MustParseAddrPort("[::]:1812"), netip.MustParseAddrPort("[fe80::1%eth0]:40000")
	e := Exchanges{
		Unanswered: []carried.Datagram{{Socket: here, Source: there, Local: netip.MustParseAddr("::1"), Received: time.Unix(1_800_000_000, 5).UTC(), Octets: []byte{0, 255}}},
		Replies:    []Reply{{Socket: here, Source: there, Digest: []byte{1, 2}, Identifier: 255, Octets: []byte{3}, At: time.Unix(1_800_000_000, 7).UTC(), Held: true}},
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read Exchanges
	if err := json.Unmarshal(text, &read); err != nil || !reflect.DeepEqual(read, e) {
		t.Errorf("%v; read %+v, want %+v", err, read, e)
	}
}
