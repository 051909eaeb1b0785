package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ivalt-radius/audit/ship/syslog"
)

func text(s string) syslog.Message { return syslog.Message{Text: []byte(s)} }

// TestFileThatIsMovedWhileItIsOpen: records go on where the path leads.
func TestFileThatIsMovedWhileItIsOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	l, err := File{path}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(s string) {
		t.Helper()
		_, sendErr := l.Send(text(s))
		if err := errors.Join(l.Trouble(), sendErr); err != nil {
			t.Error(err)
		}
	}
	send("one")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	send("two") // into the old one, as logrotate expects
	send("three")
	if err := errors.Join(l.Finish(t.Context()), l.Close()); err != nil {
		t.Error(err)
	}
	for file, want := range map[string]string{path: "three\n", path + ".1": "one\ntwo\n"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", file, got, err, want)
		}
	}
	if _, err := l.Send(text("four")); err == nil {
		t.Error("a closed file takes a record")
	}
	if err := l.Finish(t.Context()); err == nil {
		t.Error("a closed file is synced")
	}
}

func TestUDPLink(t *testing.T) {
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := UDP{Address: c.LocalAddr().String(), Header: syslog.NewHeader()}.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Send(text("one")); err != nil || l.Finish(ctx) != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, err = l.Send(text("two"))
	for range 1000 { // until the ICMP message is there
		if err == nil {
			err = l.Finish(ctx)
		}
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens, and that is %v", err)
	}
	cancel() // closes the link
	for err = nil; err == nil; {
		_, err = l.Send(text("three"))
	}
	_ = l.Close()
}

func TestErrorsHaveOurWordsAlone(t *testing.T) {
	for want, err := range map[string]error{
		"fails: connection refused":    &Error{"fails", fmt.Errorf("a receiver's words: %w", syscall.ECONNREFUSED)},
		"fails: no answer in time":     &Error{"fails", fmt.Errorf("a receiver's words: %w", os.ErrDeadlineExceeded)},
		"fails":                        &Error{"fails", errors.New("a receiver's words")},
		"fails without a word of ours": &Error{"fails without a word of ours", nil},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if (Waits{}).orUsual().Finish == 0 {
		t.Error("a server waits for nothing")
	}
}

// TestStreamThatSpeaks is given up after some kilobytes, whatever else it does.
func TestStreamThatSpeaks(t *testing.T) {
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := server.Accept()
		for err == nil {
			_, err = c.Write(make([]byte, 1<<10))
		}
	}()
	l, err := Stream{Address: server.Addr().String(), Header: syslog.NewHeader()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-done // the connection is closed under the server's writes
	var trouble *Error
	if err := l.Finish(t.Context()); !errors.As(err, &trouble) || trouble.What != "sends data, which no syslog receiver does" {
		t.Error(err)
	}
	if _, err := l.Send(text("one")); err == nil {
		t.Error("it gets records")
	}
	_ = l.Close()
	_ = server.Close()
}
