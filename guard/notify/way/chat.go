package way

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// longestChat is how many octets a text may have: services cut longer ones, or refuse them.
const longestChat = 3500

// chat POSTs a text to an incoming webhook as Slack has it.
type chat struct{ poster poster }

// Send implements Way.
func (c chat) Send(ctx context.Context, notices []Notice) (said string, err error) {
	body, err := json.Marshal(struct {
		Text string `json:"text"`
	}{chatText(notices)})
	if err != nil {
		return "", failure("the text cannot be written")
	}
	return c.poster.post(ctx, body, nil)
}

// chatText is the message: a headline, and a paragraph for each notice that fits.
func chatText(notices []Notice) string {
	const forTheRest = 100
	var b strings.Builder
	if len(notices) > 1 {
		fmt.Fprintf(&b, "*%d notices, %s the worst*\n", len(notices), worst(notices).Severity)
	}
	for i, n := range notices {
		paragraph := chatParagraph(n)
		if i > 0 && b.Len()+len(paragraph) > longestChat-forTheRest {
			fmt.Fprintf(&b, "and %d more: see `ivalt-radius incidents list`", len(notices)-i)
			break
		}
		b.WriteString(paragraph)
	}
	return b.String()
}

func chatParagraph(n Notice) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%s* %s %s: %s\n", strings.ToUpper(n.Severity.String()), code(string(n.Rule)), code(n.Subject), code(n.Summary))
	fmt.Fprintf(&b, "incident %s, %d events, %s\n", code(n.Incident), n.Count, n.Time.UTC().Format("2006-01-02 15:04:05 UTC"))
	if len(n.Steps) > 0 {
		fmt.Fprintf(&b, "done: %s\n", code(strings.Join(n.Steps, "; ")))
	}
	if n.Do != "" {
		fmt.Fprintf(&b, "to do: %s\n", code(n.Do))
	}
	if n.Runbook != "" {
		fmt.Fprintf(&b, "see %s\n", code(n.Runbook))
	}
	return b.String()
}

// code is a text that the service shows and does not obey: within backquotes no markup, link or picture is made of it, and neither
// <!channel> (Slack) nor @all (services that speak the same form, which look for it everywhere) calls anybody.
func code(s string) string {
	const most = 400 // octets
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= most {
			b.WriteString("…")
			break
		}
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '@':
			b.WriteRune('＠')
		case '`':
			b.WriteByte('\'')
		case '\n', '\r':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "`-`"
	}
	return "`" + b.String() + "`"
}
