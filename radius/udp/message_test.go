package udp

import (
	"bytes"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestArrivalAndDeparture(t *testing.T) {
	for _, text := range []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		addr := netip.MustParseAddr(text)
		oob := departure(addr)
		if addr.Is4() { // the kernel tells the destination elsewhere than it takes the source
			copy(oob[unix.CmsgLen(0)+ipv4Addr:], oob[unix.CmsgLen(0)+specDst:][:4])
		}
		other := cmsg(1, 2, 4)
		if got := arrival(append(other, oob...)); got != addr {
			t.Errorf("%s becomes %s", addr, got)
		}
	}
	for _, oob := range [][]byte{nil, make([]byte, 10), make([]byte, 40), bytes.Repeat([]byte{255}, 40), cmsg(1, 2, 4)} {
		if got := arrival(oob); got.IsValid() {
			t.Errorf("%x becomes %s", oob, got)
		}
	}
}

// FuzzArrival: no control message may crash the reader.
func FuzzArrival(f *testing.F) {
	f.Add(departure(netip.MustParseAddr("192.0.2.1")))
	f.Add(departure(netip.MustParseAddr("2001:db8::1")))
	f.Fuzz(func(_ *testing.T, oob []byte) { arrival(oob) })
}
