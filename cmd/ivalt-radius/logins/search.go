package logins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/auth/reason"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/output"
	"ivalt-radius/cmd/ivalt-radius/trail"
)

// What a search is bounded by.
const (
	searchFor   = 5 * time.Second // of the running server; a command without one looks for as long as somebody waits
	turnWithin  = 2 * time.Second
	atATime     = 2
	usual       = 50   // logins that are listed where nobody says how many
	mostText    = 1024 // octets of one text of a filter
	mostRecords = 500  // of one login, and of its session
)

// errUnread says that time was over before anything was read.
var errUnread = errors.New("the trail could not be read in time; where its segments are large, ivalt-radius audit tail and audit export read them without a bound")

// filter is what the trail is asked for. The error says what is wrong with the question.
func filter(in view.LoginFilter) (query.Filter, error) {
	for name, text := range map[string]string{"--user": in.User, "--client": in.Client, "--calling-station": in.CallingStation} {
		if len(text) > mostText {
			return query.Filter{}, fmt.Errorf("%s: %d octets at most", name, mostText)
		}
	}
	f := query.Filter{
		Since: in.Since, Until: in.Until, Client: in.Client, CallingStation: in.CallingStation, Verdict: in.Verdict, Reason: in.Reason,
		Types: []string{audit.AuthenticationAttempt.String()},
	}
	if in.User != "" {
		name, err := auth.ParseUsername(in.User)
		if err != nil {
			return f, fmt.Errorf("--user: %w", err)
		}
		f.User = name.String()
	}
	if a, err := netip.ParseAddr(in.CallingStation); err == nil {
		f.CallingStation = a.Unmap().WithZone("").String()
	}
	var err1, err2, err3, err4 error
	if in.Reason != "" {
		err1 = trail.OneOf("--reason", in.Reason, trail.Reasons())
	}
	if in.Verdict != "" {
		err2 = trail.OneOf("--verdict", in.Verdict, []string{reason.Accept.String(), reason.Reject.String(), reason.Challenge.String()})
	}
	if in.Limit < 0 || in.Limit > view.MostLogins {
		err3 = fmt.Errorf("--limit: %d is not between 1 and %d", in.Limit, view.MostLogins)
	}
	if !in.Since.IsZero() && !in.Until.IsZero() && !in.Since.Before(in.Until) {
		err4 = errors.New("--since is not before --until")
	}
	return f, errors.Join(err1, err2, err3, err4)
}

// list is those that a filter wants, of a trail. Where ctx ends before all was looked at, More is where to go on.
func list(ctx context.Context, t query.Trail, f query.Filter, in view.LoginFilter) (view.Logins, error) {
	limit := in.Limit
	if limit == 0 {
		limit = usual
	}
	found, err := t.Newest(ctx, query.Search{Filter: f, Before: in.Before, Most: limit + 1})
	if err != nil {
		return view.Logins{}, err
	}
	out := view.Logins{Logins: []view.Login{}}
	for _, r := range found.Records[:min(limit, len(found.Records))] {
		out.Logins = append(out.Logins, login(r))
	}
	switch {
	case found.Done:
	case len(found.Records) > limit:
		out.More = found.Records[limit-1].Seq
	case found.Reached == 0 || found.Reached == in.Before:
		return view.Logins{}, control.Refused(view.Unavailable, errUnread)
	default:
		out.More = found.Reached
	}
	return out, nil
}

// login is a login as its record says. No list in it is nil.
func login(r *query.Record) view.Login {
	return view.Login{
		Seq: r.Seq, Time: r.Time, Attempt: r.Attempt, Client: r.Client, NAS: r.NAS, User: r.User, CallingStation: r.CallingStation, Decision: r.Decision,
		Rule: r.Rule, Factors: append([]string{}, r.Factors...), Verdict: r.Verdict, Reason: r.Reason, DurationMS: r.DurationMS, Mobile: r.Mobile,
		Exchanges: r.Exchanges, Packets: r.Packets, Detail: r.Detail,
	}
}

// wanted is one login whose story is asked for, and when it may have been; zero times: whenever.
type wanted struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// check says what is wrong with the question.
func (w wanted) check() error {
	if w.ID == "" || len(w.ID) > mostText {
		return errors.New("name a login by its attempt, as `logins` and the log show it")
	}
	if !w.Since.IsZero() && !w.Until.IsZero() && !w.Since.Before(w.Until) {
		return errors.New("--since is not before --until")
	}
	return nil
}

// filter is what the trail is asked for.
func (w wanted) filter() query.Filter {
	return query.Filter{Attempt: w.ID, Since: w.Since, Until: w.Until}
}

// around is how far apart the records of one login lie: the answer's ten minutes at most, and a late approval.
const around = 30 * time.Minute

// tell tells the story of one login from a trail. An error that is none of reading is a view.Refusal: there is no such login.
func tell(ctx context.Context, t query.Trail, in wanted, waiting *view.InFlight) (view.Story, error) {
	found, err := t.Newest(ctx, query.Search{Filter: in.filter(), Most: mostRecords, Near: around})
	if err != nil {
		return view.Story{}, err
	}
	if len(found.Records) == 0 && waiting == nil {
		return view.Story{}, control.Refused(view.Missing, missing(in, found))
	}
	s := view.Story{Attempt: in.ID, InFlight: waiting}
	for _, r := range found.Records {
		if r.Type == audit.AuthenticationAttempt.String() && s.Login == nil {
			l := login(r)
			s.Login = &l
		}
	}
	if s.Login != nil {
		s.InFlight = nil // it has ended meanwhile
	}
	records := slices.Clone(found.Records)
	if s.Login != nil && s.Login.Verdict == reason.Accept.String() && s.Login.User != "" {
		session, err := sessionOf(ctx, t, s.Login)
		if err != nil {
			return view.Story{}, err
		}
		records = append(records, session...)
	}
	slices.SortFunc(records, func(a, b *query.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	s.Steps, s.LeftOut = bounded(steps(records))
	return s, nil
}

// missing says that a login was not found, and how far the search came.
func missing(in wanted, found query.Found) error {
	if found.Done {
		return fmt.Errorf("no record of the trail has the attempt %q", in.ID)
	}
	if found.Reached == 0 {
		return errUnread
	}
	return fmt.Errorf("no record since %s has the attempt %q, and there was no time for older ones: say when it was at the latest, with --until", output.Moment(found.Time), in.ID)
}

// startWithin is how long behind its Accept a session may be told to begin, for it to be the login's.
const startWithin = 5 * time.Minute

// sessionOf are the records of accounting that tell of the session which a login began: the first one that starts behind it, of the same
// person, client and calling station. Where time is over, or the session has more records than are read, it is what was found.
func sessionOf(ctx context.Context, t query.Trail, l *view.Login) ([]*query.Record, error) {
	f := query.Filter{User: l.User, Client: l.Client, CallingStation: l.CallingStation, Since: l.Time, Types: []string{audit.UserAction.String()}}
	starts := f
	starts.Until = l.Time.Add(startWithin)
	found, err := t.Newest(ctx, query.Search{Filter: starts, Most: mostRecords})
	if err != nil {
		return nil, err
	}
	var start *query.Record
	for _, r := range found.Records { // the newest first
		if r.Action == "accounting" && string(r.Status) == `"start"` && r.Seq > l.Seq && r.Session != "" {
			start = r
		}
	}
	if start == nil {
		return nil, nil
	}
	f.Since = start.Time
	if found, err = t.Newest(ctx, query.Search{Filter: f, Most: mostRecords}); err != nil {
		return nil, err
	}
	of := slices.DeleteFunc(found.Records, func(r *query.Record) bool {
		return r.Action != "accounting" || r.Session != start.Session || r.NAS != start.NAS || r.Seq < start.Seq
	})
	if !slices.ContainsFunc(of, func(r *query.Record) bool { return r.Seq == start.Seq }) {
		of = append(of, start)
	}
	return of, nil
}
