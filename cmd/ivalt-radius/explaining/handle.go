package explaining

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
)

// How long an answer may take, and how many are made at a time: a directory may be asked for each, beside those of logins.
const (
	answerWithin = 6 * time.Second
	turnWithin   = 2 * time.Second
	atATime      = 2
)

// mostName bounds a login name that is recorded, in octets.
const mostName = 1024

// Committer keeps the evidence; *audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// Running is a server that runs.
type Running struct {
	Rules func() Rules // in force
	Trail Committer
}

// Handle serves the running server's side. What is told of a person is masked as on the terminal, and that somebody asked is recorded first.
func Handle(mux *http.ServeMux, r Running) {
	turns := make(control.Turns, atATime)
	control.Serve(mux, view.PathExplain, func(ctx context.Context, actor string, in view.Question) (view.Explanation, error) {
		end, err := turns.Take(ctx, turnWithin)
		if err != nil {
			return view.Explanation{}, err
		}
		defer end()
		return r.answer(ctx, actor, in)
	})
}

// answer explains a login by the rules in force.
func (r Running) answer(ctx context.Context, actor string, in view.Question) (view.Explanation, error) {
	rules := r.Rules()
	q := question{user: in.User, clientName: in.Client, station: in.CallingStation}
	if in.User == "" || len(in.User) > mostName {
		return view.Explanation{}, control.Refused(view.Invalid, fmt.Errorf("--user: name a login name of 1 to %d octets", mostName))
	}
	client, err := q.client(rules.Settings)
	if err != nil {
		return view.Explanation{}, control.Refused(view.Missing, err)
	}
	facts, err := q.facts()
	if err != nil {
		return view.Explanation{}, control.Refused(view.Invalid, err)
	}
	if !in.At.IsZero() {
		facts.At = in.At
	}
	asked := query.Filter{User: recorded(in.User), Client: in.Client, CallingStation: in.CallingStation}
	if err := r.Trail.Commit(ctx, audit.Access{Action: "explain", Actor: actor, Filter: asked.String()}); err != nil {
		return view.Explanation{}, control.Refused(view.Unavailable, fmt.Errorf("keeping the evidence: %w", err))
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var out bytes.Buffer
	printClient(&out, rules.Settings, client)
	said, err := rules.explain(ctx, &out, in.User, facts)
	if err != nil { // the story ends there, and says so
		printRow(&out, "because", audit.Shown(mask.Text(err.Error())))
	}
	return view.Explanation{Decision: said.action.String(), Reason: said.reason, Rows: rows(out.String())}, nil
}

// recorded is a login name as the trail has it: in canonical form, where it has one.
func recorded(typed string) string {
	if user, err := auth.ParseUsername(typed); err == nil {
		return user.String()
	}
	return typed
}

// rows are what was printed, line by line: a name, two blanks at least, a text. No name has two blanks within it.
func rows(text string) []view.Row {
	all := []view.Row{}
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if cmp.Or(name, rest) != "" {
			all = append(all, view.Row{Name: name, Text: strings.TrimSpace(rest)})
		}
	}
	return all
}
