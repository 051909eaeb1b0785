package radius

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/radius/remedy"
)

// quietDrops are drops on a clock of their own; the function gives the lines so far.
func quietDrops() (*drops, func() []string) {
	var out bytes.Buffer
	log := logrus.New()
	log.SetFormatter(&logrus.JSONFormatter{})
	log.SetOutput(&out)
	d := newDrops(log, time.Now)
	return d, func() []string {
		d.mu.Lock()
		defer d.mu.Unlock()
		return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	}
}

// numbered is one of 65,536 addresses.
func numbered(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 0, byte(n >> 8 & 0xff), byte(n & 0xff)})
}

func holding(lines []string, text string) (n int) {
	for _, line := range lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func TestHints_NoneEatsAnothers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, lines := quietDrops()
		for i := range 5000 { // a whole prefix with the wrong secret, and strangers
			d.drop(badAuthenticator, numbered(i), remedy.Hint{Advice: remedy.WrongSecret, Client: "vpn", Address: numbered(i)})
			d.drop(unknownClient, numbered(i), remedy.Hint{Advice: remedy.Stranger, Address: numbered(i)})
		}
		gateway := numbered(7)
		d.drop(missingMessageAuthenticator, gateway, remedy.Hint{Advice: remedy.SignedOnce, Client: "vpn", Address: gateway})
		d.drop(missingMessageAuthenticator, numbered(8), remedy.Hint{Advice: remedy.SignedOnce, Client: "vpn", Address: numbered(8)})
		time.Sleep(8 * lineEvery) //nolint:forbidigo // synctest's time
		synctest.Wait()
		got := lines()
		for _, want := range []string{"--client vpn --address 10.0.0.7", "--client vpn --address 10.0.0.8", "compare the client's secrets", "add the address to a client's networks"} {
			if holding(got, want) == 0 {
				t.Errorf("%q is not told in time:\n%s", want, strings.Join(got, "\n"))
			}
		}
		if len(got) > 9 {
			t.Errorf("%d lines in 8 s", len(got))
		}
		d.close()
	})
}

func TestHints_OnceAMinuteForAClientCauseAndAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, lines := quietDrops()
		forget := func(client string, n int) {
			d.drop(missingMessageAuthenticator, numbered(n), remedy.Hint{Advice: remedy.SignedOnce, Client: client, Address: numbered(n)})
		}
		for range 30 {
			forget("vpn", 1)
			forget("vpn", 2)
			forget("other", 1)
			time.Sleep(lineEvery) //nolint:forbidigo // synctest's time
		}
		synctest.Wait()
		for _, who := range []string{"--client vpn --address 10.0.0.1", "--client vpn --address 10.0.0.2", "--client other --address 10.0.0.1"} {
			if n := holding(lines(), who); n != 1 {
				t.Errorf("%s is told %d times in half a minute", who, n)
			}
		}
		time.Sleep(remedy.Every) //nolint:forbidigo // synctest's time
		forget("vpn", 1)
		if n := holding(lines(), "--client vpn --address 10.0.0.1"); n != 2 {
			t.Errorf("after a minute it has been told %d times", n)
		}
		d.close()
	})
}

func TestHints_StrangersAreToldWithEachLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, lines := quietDrops()
		for range 10 {
			d.drop(unknownClient, numbered(1), remedy.Hint{Advice: remedy.Stranger, Address: numbered(1)})
			d.drop(unknownClient, numbered(2), remedy.Hint{Advice: remedy.Stranger, Address: numbered(2)})
			time.Sleep(lineEvery / 2) //nolint:forbidigo // synctest's time
			synctest.Wait()
		}
		if n := len(lines()); n > 6 {
			t.Errorf("%d lines in 5 s", n)
		}
		if n := holding(lines(), "add the address to a client's networks"); n != len(lines()) {
			t.Errorf("%d of %d lines have the remedy", n, len(lines()))
		}
		d.close()
	})
}
