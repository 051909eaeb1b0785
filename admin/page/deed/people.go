package deed

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard/block"
)

const people = "people"

// subject is whom a block, or what lifts one, is about.
type subject struct {
	User    string `json:"user,omitempty"`
	Address string `json:"address,omitempty"`
	Reason  string `json:"reason"`
}

func subjectOf(f Form) subject {
	return subject{User: f.Text("user"), Address: f.Text("address"), Reason: f.Text(reasonField)}
}

// one says that a subject is one person or one place.
func (s subject) one() error {
	if (s.User == "") == (s.Address == "") {
		return errors.New("name either a person or an address")
	}
	return nil
}

func person() Field {
	return Field{Name: "user", Label: "Person", Hint: "The login name.", Kind: Text}
}

func place() Field {
	return Field{Name: "address", Label: "Address", Hint: "An IP address, or a network such as 192.0.2.0/24.", Kind: Text}
}

// back is the page of the person.
func back(f Form) (string, url.Values) {
	q := url.Values{}
	if user := f.Text("user"); user != "" {
		q.Set("user", user)
	}
	return "/people", q
}

// Block has nobody let in as a person, or from an address.
func Block() Deed {
	return Deed{
		At: "/people/block", View: people, Need: access.Write, Path: view.PathBlock,
		Title: "Block a person or an address", Button: "Block", Danger: true,
		Will: []string{
			"Every login of this person, or from this address, is refused until the block ends.",
			"Sessions that are open go on, unless they are ended too. Earlier approvals of a person no longer count.",
		},
		Fields: []Field{
			person(), place(),
			{Name: "for", Label: "For", Kind: Choice, Options: lengths()},
			{Name: "disconnect", Label: "End their sessions too", Hint: "For a person or one address. Gateways are asked that take Disconnect-Requests.", Kind: Check},
			why(),
		},
		Order: func(f Form) (any, error) {
			s := subjectOf(f)
			if !slices.ContainsFunc(lengths(), func(o Option) bool { return o.Value == f.Text("for") }) {
				return nil, errors.New("choose how long the block is to last")
			}
			length, err := time.ParseDuration(f.Text("for"))
			if err != nil {
				return nil, fmt.Errorf("how long the block is to last: %w", err)
			}
			return struct {
				subject
				For        time.Duration `json:"for"`
				Disconnect bool          `json:"disconnect"`
			}{s, length, f.Checked("disconnect")}, s.one()
		},
		Told: func(answer json.RawMessage) Outcome {
			var out struct {
				Sessions int    `json:"sessions"`
				Undone   string `json:"undone"`
			}
			if err := json.Unmarshal(answer, &out); err != nil || out.Undone == "" {
				return Outcome{Code: "blocked", Count: out.Sessions}
			}
			return Outcome{Code: "blocked", Lines: []string{
				fmt.Sprintf("Sessions that were ended: %d. Others may still be there: %s", out.Sessions, out.Undone),
			}}
		},
		Back: back,
	}
}

// lengths are how long a block may last from here.
func lengths() []Option {
	return []Option{{"24h", "24 hours"}, {"1h", "1 hour"}, {"8h", "8 hours"}, {"168h", "7 days"}, {"720h", "30 days"}, {"8760h", "365 days"}}
}

// Unblock lifts a block.
func Unblock() Deed {
	return Deed{
		At: "/people/unblock", View: people, Need: access.Write, Path: view.PathUnblock,
		Title: "Lift a block", Button: "Unblock",
		Will:   []string{"The block of exactly this person or address ends. A person's lockouts and pauses end as well."},
		Fields: []Field{person(), place(), why()},
		Order: func(f Form) (any, error) {
			s := subjectOf(f)
			return s, s.one()
		},
		Told: func(answer json.RawMessage) Outcome {
			var out struct {
				Covering []block.Block `json:"covering"`
			}
			if err := json.Unmarshal(answer, &out); err != nil || len(out.Covering) == 0 {
				return Outcome{Code: "unblocked"}
			}
			names := make([]string, len(out.Covering))
			for i, b := range out.Covering {
				names[i] = b.Subject()
			}
			return Outcome{Code: "unblocked", Lines: []string{"Still refused, since wider blocks hold it: " + strings.Join(names, ", ") + ". Lift these too where that is meant."}}
		},
		Back: back,
	}
}

// Unlock forgets what stands against a person.
func Unlock() Deed {
	return release(Deed{
		At: "/people/unlock", Title: "Unlock a person", Button: "Unlock",
		Will: []string{"Lockouts after wrong passwords, and pauses after pushes that nobody answered, are forgotten for this person at every place."},
	}, "unlocked", view.Release{Lockouts: true})
}

// Forget takes away what counts for a person.
func Forget() Deed {
	return release(Deed{
		At: "/people/forget", Title: "Forget a person's approvals", Button: "Forget", Danger: true,
		Will: []string{"Earlier approvals no longer count: the phone is asked at the next login. Open sessions go on."},
	}, "forgotten", view.Release{Remembered: true})
}

func release(d Deed, code string, what view.Release) Deed {
	d.View, d.Need, d.Path, d.Back = people, access.Write, view.PathRelease, back
	user := person()
	user.Required = true
	d.Fields = []Field{user, why()}
	d.Order = func(f Form) (any, error) {
		what := what
		what.User, what.Reason = f.Text("user"), f.Text(reasonField)
		if what.User == "" {
			return nil, errors.New("name the person")
		}
		return what, nil
	}
	d.Told = func(json.RawMessage) Outcome { return Outcome{Code: code} }
	return d
}

// Disconnect has gateways end sessions.
func Disconnect() Deed {
	address := place()
	address.Label, address.Hint = "Address", "The IP address that the person came from. Empty: every session of the person."
	return Deed{
		At: "/people/disconnect", View: people, Need: access.Write, Path: view.PathEnd,
		Title: "End sessions", Button: "End sessions", Danger: true,
		Will:   []string{"The gateways are asked to end these sessions. Whoever must not come back has to be blocked as well."},
		Fields: []Field{person(), address, why()},
		Order: func(f Form) (any, error) {
			s := subjectOf(f)
			if s.User == "" && s.Address == "" {
				return nil, errors.New("name a person or an address: whose sessions are to end")
			}
			if _, err := netip.ParseAddr(s.Address); s.Address != "" && err != nil {
				return nil, errors.New("the address is no IP address")
			}
			return s, nil
		},
		Told: ended,
		Back: back,
	}
}

// ended is what became of sessions, of which each gateway has answered something.
func ended(answer json.RawMessage) Outcome {
	var out struct {
		Sessions []struct {
			State   string `json:"state"`
			Cause   string `json:"cause"`
			Client  string `json:"client"`
			Session string `json:"session"`
		} `json:"sessions"`
		Left int `json:"left"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return Outcome{Code: "disconnected", Lines: []string{"What became of the sessions is not known: look at the trail, and do it again."}}
	}
	if len(out.Sessions) == 0 && out.Left == 0 {
		return Outcome{Code: "none_known"}
	}
	told := Outcome{Code: "disconnected", Count: len(out.Sessions)}
	for _, s := range out.Sessions {
		if s.State != "disconnected" && s.State != "gone" {
			told.Lines = append(told.Lines, strings.TrimSpace(fmt.Sprintf("A session at %s may still be there: %s. %s", s.Client, s.State, s.Cause)))
		}
	}
	if out.Left > 0 {
		told.Lines = append(told.Lines, fmt.Sprintf("Sessions that are left, since there are more than are ended at once: %d. Do it again.", out.Left))
	}
	return told
}
