package way

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestChat: a Slack-compatible receiver gets {"text": …}; a stand-in, not Slack itself.
func TestChat(t *testing.T) {
	var read map[string]string
	server, ca := site(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		read = nil
		if err := json.Unmarshal(body, &read); err != nil {
			t.Error(err)
		}
	})
	s := hook(server.URL, ca)
	s.Kind = Slack
	w, err := New(s)
	must(t, err)
	_, err = w.Send(t.Context(), []Notice{sample()})
	must(t, err)
	const want = "*HIGH* `brute_force` `user alice, address 192.0.2.7`: `12 wrong passwords within 5m`\n" +
		"incident `20261126-k7m3`, 12 events, 2026-11-26 03:04:05 UTC\n" +
		"done: `would block address 192.0.2.7 for 1h`\nto do: `Ask alice whether it was her.`\nsee `docs/operations.md#brute_force`\n"
	if len(read) != 1 || read["text"] != want {
		t.Errorf("%q", read)
	}
}

// TestChatObeysNobody: no name calls anybody, and none is markup.
func TestChatObeysNobody(t *testing.T) {
	text := chatText([]Notice{nasty(), nasty()})
	outside := ""
	for i, part := range strings.Split(text, "`") {
		if i%2 == 0 {
			outside += part
		}
	}
	for _, forbidden := range []string{"<", ">", "@", "\r", "\x1b", "\u202e", "\x00"} {
		if strings.Contains(text, forbidden) {
			t.Errorf("%q is in %q", forbidden, text)
		}
	}
	for _, forbidden := range []string{"evil", "channel", "touch"} {
		if strings.Contains(outside, forbidden) {
			t.Errorf("%q is outside of backquotes in %q", forbidden, outside)
		}
	}
	for line := range strings.Lines(text) {
		if strings.Count(line, "`")%2 != 0 {
			t.Errorf("a backquote is not closed in %q", line)
		}
	}
}

func TestChatIsBounded(t *testing.T) {
	for _, n := range []int{1, 2, 50} {
		text := chatText(many(n))
		if len(text) > longestChat || n == 50 && !strings.Contains(text, "more: see") || n == 1 && strings.Contains(text, "more: see") {
			t.Errorf("%d notices: %d octets: %q", n, len(text), text)
		}
	}
	text := chatText([]Notice{{}, sample()})
	if !strings.HasPrefix(text, "*2 notices, high the worst*\n*LOW* `-` `-`: `-`") || strings.Contains(text, "more: see") {
		t.Errorf("%q", text)
	}
}
