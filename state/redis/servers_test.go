package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

const info = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n\r\n# Memory\r\nmaxmemory_policy:allkeys-lru\r\n# Replication\r\nrole:master\r\nconnected_slaves:2\r\n"

func TestParseServers(t *testing.T) {
	for text, want := range map[string]Servers{
		info: {Version: "7.0.15", Eviction: "allkeys-lru", Replicas: 2},
		"valkey_version:8.1.0\r\nredis_version:7.2.4\r\n": {Version: "8.1.0"},
		"redis_version:7.2.4\nvalkey_version:8.1.0\n":     {Version: "8.1.0"},
		"": {},
		"redis_version:\x1b[31m7\nconnected_slaves:-1\nmaxmemory_policy:" + strings.Repeat("x", 99): {Version: "31m7", Eviction: strings.Repeat("x", mostWord)},
	} {
		if got := parseServers(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	if (Servers{Eviction: keepsAll}).Drops() || !(Servers{}).Drops() {
		t.Error("what is not known to keep all is trusted, or the other way round")
	}
}

func TestTogether(t *testing.T) {
	got := together([]Servers{{"7.2", keepsAll, 2}, {"7.2", keepsAll, 1}, {"7.4", "allkeys-lru", 3}, {"7.4", keepsAll, 3}})
	if got != (Servers{"7.2,7.4", "allkeys-lru", 1}) {
		t.Errorf("%+v", got)
	}
}

// TestServers asks a server over the wire, and one that is not there.
func TestServers(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go answerInfo(listener)
	c, err := link.New(link.Settings{Addresses: []string{listener.Addr().String()}, Key: secret.New("k"), Prefix: "p", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := servers(t.Context(), c); err != nil || got != parseServers(info) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := errors.Join(c.Client.Close(), listener.Close()); err != nil {
		t.Error(err)
	}
	gone := Options{Settings: link.Settings{Addresses: []string{listener.Addr().String()}, Key: secret.New("k"), Prefix: "p", Timeout: 5 * time.Second}}
	if _, err := Inspect(t.Context(), gone); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("nobody answers, and the error is %v", err)
	}
}

// answerInfo is as much of a server as INFO needs, for one connection.
func answerInfo(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	for in := bufio.NewReader(conn); ; {
		var n, size int
		if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
			return
		}
		words := make([]string, n)
		for i := range words {
			if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
				return
			}
			text := make([]byte, size+len("\r\n"))
			if _, err := io.ReadFull(in, text); err != nil {
				return
			}
			words[i] = strings.ToLower(string(text[:size]))
		}
		answer := "-ERR unknown command\r\n"
		if words[0] == "info" {
			answer = "$" + strconv.Itoa(len(info)) + "\r\n" + info + "\r\n"
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

func FuzzParseServers(f *testing.F) {
	f.Add(info)
	f.Add("redis_version:\xff\nconnected_slaves:99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		l := parseServers(text)
		for _, word := range []string{l.Version, l.Eviction} {
			if len(word) > mostWord || strings.ContainsAny(word, " \r\n\x1b\x00") {
				t.Errorf("%q", word)
			}
		}
		if l.Replicas < 0 {
			t.Error(l.Replicas)
		}
	})
}
