package blackbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ivalt-radius/test/blackbox"
)

// receiver is a syslog receiver over TCP (RFC 6587, octet counting), which may be dead, stuck or well.
type receiver struct {
	address string

	mu       sync.Mutex
	got      []uint64 // numbers of the records that it has read
	wrong    []string
	listener net.Listener
	conns    []net.Conn
}

// live listens from now on. A stuck one takes connections and reads none.
func (r *receiver) live(t *testing.T, serve func(net.Conn)) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.listener = listener
	r.mu.Unlock()
	t.Cleanup(r.die)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r.mu.Lock()
			r.conns = append(r.conns, conn)
			r.mu.Unlock()
			go serve(conn)
		}
	}()
}

// die ends the listener and all its connections, without a word.
func (r *receiver) die() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil {
		_ = r.listener.Close()
	}
	for _, conn := range r.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	r.listener, r.conns = nil, nil
}

func (r *receiver) connected() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns) > 0
}

// read reads records until the connection ends, and closes it then.
func (r *receiver) read(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for {
		length, err := in.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
		frame := make([]byte, max(0, n))
		if err == nil {
			_, err = io.ReadFull(in, frame)
		}
		var record struct{ Seq uint64 }
		if at := bytes.IndexByte(frame, '{'); err == nil && (at < 0 || json.Unmarshal(frame[at:], &record) != nil) {
			err = fmt.Errorf("no record: %.200q", frame)
		}
		r.mu.Lock()
		if err == nil {
			r.got = append(r.got, record.Seq)
		} else if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, net.ErrClosed) {
			r.wrong = append(r.wrong, err.Error())
		}
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// whole reports that each record up to one has come, each for the first time behind the one before it.
func (r *receiver) whole(last uint64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.wrong) > 0 {
		return fmt.Errorf("%d wrong frames, the first: %s", len(r.wrong), r.wrong[0])
	}
	var newest uint64
	for _, seq := range r.got {
		if seq > newest+1 {
			return fmt.Errorf("record %d comes behind %d", seq, newest)
		}
		newest = max(newest, seq)
	}
	if newest < last {
		return fmt.Errorf("%d of %d records have come", newest, last)
	}
	return nil
}

// TestShipping: a receiver is dead, comes, is stuck, dies, and comes back. Logins go on all the while, and in the end it has every record.
func TestShipping(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	r := &receiver{address: site.Address + ":6601"}
	site.Settings.Trail += "\n  ship: [{name: siem, to: \"tcp://" + r.address + "\"}]"
	site.Start(t)
	nas := site.NAS(t)
	id := byte(0)
	logins := func(n int) {
		t.Helper()
		for range n {
			id++
			accepted(t, nas.Login(t, blackbox.Login{User: fmt.Sprint("svc-", id), Password: password, ID: id}))
		}
	}
	logins(3)
	site.Server.AwaitLines(t, "shipping fails", 1)
	logins(3)
	ctx, unstick := context.WithCancel(t.Context())
	r.live(t, func(net.Conn) { <-ctx.Done() })
	blackbox.Eventually(t, "a connection to the stuck receiver", r.connected)
	filling(t, site, "stuck", 3) // over the ends of files
	r.die()
	unstick()
	logins(3)
	r.live(t, r.read)
	blackbox.Eventually(t, "records at the receiver", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return len(r.got) > 20 })
	r.die()
	logins(3)
	r.live(t, r.read)
	logins(3)
	last := uint64(len(site.TrailLines(t)))
	arrived(t, r, last)
	stopped(t, site)
	last = uint64(len(site.TrailLines(t))) // with its last words
	arrived(t, r, last)
}

// arrived waits until each record up to one has come.
func arrived(t *testing.T, r *receiver, last uint64) {
	t.Helper()
	defer func() {
		if err := r.whole(last); err != nil {
			t.Error(err)
		}
	}()
	blackbox.Eventually(t, "records at the receiver", func() bool { return r.whole(last) == nil })
}

// TestShippingReloaded: SIGHUP adds a receiver, has it mask, and takes it away; a file that is renamed goes on in a new one.
func TestShippingReloaded(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	plain := site.Settings.Trail
	file := filepath.Join(site.Dir, "shipped.jsonl")
	ship := func(n int, more string) {
		t.Helper()
		site.Settings.Trail = plain + "\n  ship: [{name: copy, to: \"file:" + file + "\"" + more + "}]"
		reloaded(t, site, n)
	}
	site.Start(t)
	nas := site.NAS(t)
	login := func(id byte, user string) {
		t.Helper()
		accepted(t, nas.Login(t, blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.77", ID: id}))
	}
	holds := func(path, word string) func() bool {
		return func() bool { return anyHolds([]string{path}, word) }
	}
	login(1, "svc-first")
	ship(1, "")
	login(2, "svc-second")
	blackbox.Eventually(t, "the second login in the file", holds(file, "svc-second"))
	old := file + ".1"
	if err := os.Rename(file, old); err != nil {
		t.Fatal(err)
	}
	login(3, "svc-third")
	blackbox.Eventually(t, "the third login in a new file", holds(file, "svc-third"))

	masked := file + ".2"
	if err := os.Rename(file, masked); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(site.Dir, "masked.jsonl")
	ship(2, ", mask: true, types: [authentication_attempt]")
	login(4, "svc-fourth")
	blackbox.Eventually(t, "the fourth login under a pseudonym", holds(file, `"user":"user-`))
	stopsShipping(t, site, plain, func() { login(5, "svc-fifth") }, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"svc-fourth", "svc-fifth", "198.51.100.77", `"hash"`, `"salt"`, "system_event"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%q in %s", word, text)
		}
	}
}

// stopsShipping takes the receivers away: nothing more comes.
func stopsShipping(t *testing.T, site *blackbox.Site, plain string, login func(), file string) {
	t.Helper()
	site.Settings.Trail = plain
	reloaded(t, site, 3)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	login()
	stopped(t, site)
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%v, or something came though there is no receiver: %s", err, after)
	}
}
