package radius_test

import (
	"errors"
	"testing"

	layeh "layeh.com/radius"

	"ivalt-radius/audit"
)

func TestA8_Accounting(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.acct)
	told := [][]byte{attr(40, "\x00\x00\x00\x01"), attr(44, "session-1"), attr(1, "bob"), attr(31, "192.0.2.7[500]"), attr(32, "gate")}
	request := accounting(raw(4, 1, append(told, attr(33, "p1"), attr(33, "p2"))...), shared)
	got := n.ask(request)
	if got.Code != layeh.CodeAccountingResponse || len(got.Attributes) != 2 || string(got.Attributes[1].Attribute) != "p2" {
		t.Errorf("got %+v", got)
	}
	want := audit.Accounting{Client: "vpn", NAS: "gate", User: "bob", CallingStation: "192.0.2.7", Status: "start", Session: "session-1"}
	if all := st.recorder.all(); len(all) != 1 || all[0] != want {
		t.Errorf("recorded %+v", all)
	}
	n.ask(request)                                                                      // the same packet
	n.ask(accounting(raw(4, 2, append(told, attr(41, "\x00\x00\x00\x05"))...), shared)) // told again with a delay
	n.ask(accounting(signed(raw(4, 3, attr(40, "\x00\x00\x00\x02")), shared), shared))  // signed as well
	rotated := accounting(raw(4, 4, attr(40, "\x00\x00\x00\x07")), newer)
	n.send(rotated)
	n.judge(n.reply(), rotated, newer)
	if all := st.recorder.all(); len(all) != 3 {
		t.Errorf("recorded %d events", len(all))
	}
}

func TestA8_NoAnswerBeforeTheRecordIsDurable(t *testing.T) {
	st := start(t, always(accept()), settings())
	n := st.nas(st.acct)
	request := accounting(raw(4, 1, attr(40, "\x00\x00\x00\x01"), attr(44, "s")), shared)
	st.recorder.breakWith(errors.New("disk full"))
	st.drops(n, "not_recorded", request)
	st.recorder.breakWith(nil)
	n.ask(request) // the NAS tells it again, and it is served
}

func TestA8_ToldTwiceAtOnce(t *testing.T) {
	st := start(t, always(accept()), settings())
	durable := st.recorder.slow()
	n := st.nas(st.acct)
	told := [][]byte{attr(40, "\x00\x00\x00\x01"), attr(44, "s")}
	first := accounting(raw(4, 1, told...), shared)
	n.send(first)
	await(t, "the first", func() bool { return st.InFlight() == 1 })
	st.drops(n, "duplicate_dropped", accounting(raw(4, 2, told...), shared))
	durable()
	n.judge(n.reply(), first, shared)
	if all := st.recorder.all(); len(all) != 1 {
		t.Errorf("recorded %d events", len(all))
	}
}
