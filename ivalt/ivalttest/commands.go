package ivalttest

import (
	"fmt"
	"time"
)

// stepJSON is a Step on the control endpoint.
type stepJSON struct {
	Does  Behaviour `json:"does"`
	After span      `json:"after"`
}

func (s stepJSON) step() Step { return Step{Behaviour: s.Does, After: time.Duration(s.After)} }

func asStepJSON(s Step) stepJSON { return stepJSON{Does: s.Behaviour, After: span(s.After)} }

// personJSON is a Person on the control endpoint.
type personJSON struct {
	Email  string     `json:"email"`
	Mobile string     `json:"mobile"`
	Name   string     `json:"name"`
	Does   *Behaviour `json:"does"` // absent: manual
	After  span       `json:"after"`
	Next   []stepJSON `json:"next"`
}

func asPersonJSON(p Person) personJSON {
	out := personJSON{Email: p.Email, Mobile: p.Mobile, Name: p.Name, Does: &p.Behaviour, After: span(p.After), Next: []stepJSON{}}
	for _, s := range p.Next {
		out.Next = append(out.Next, asStepJSON(s))
	}
	return out
}

func (c *Cloud) postPerson(body []byte) error {
	var in personJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	p := Person{Email: in.Email, Mobile: in.Mobile, Name: in.Name, Behaviour: Manual, After: time.Duration(in.After)}
	if in.Does != nil {
		p.Behaviour = *in.Does
	}
	for _, s := range in.Next {
		p.Next = append(p.Next, s.step())
	}
	if err := p.check(); err != nil {
		return err
	}
	c.Set(p)
	return nil
}

func (c *Cloud) postAnswer(said outcome) func([]byte) error {
	return func(body []byte) error {
		var in struct {
			Mobile string `json:"mobile"`
			Push   uint64 `json:"push"`
		}
		if err := decode(body, &in); err != nil {
			return err
		}
		if in.Push != 0 {
			in.Mobile = c.mobileOf(in.Push)
		}
		if !c.byHand(in.Mobile, in.Push, said) {
			return errNothingOpen
		}
		return nil
	}
}

// mobileOf finds the phone of a push among those that are remembered.
func (c *Cloud) mobileOf(id uint64) string {
	for _, p := range c.pushes.last(keptPushes) {
		if p.id == id {
			return p.mobile
		}
	}
	return ""
}

// faultJSON is a Fault on the control endpoint.
type faultJSON struct {
	Clear     bool      `json:"clear,omitempty"`
	Kind      FaultKind `json:"kind"`
	Endpoint  Endpoint  `json:"endpoint"`
	Mobile    string    `json:"mobile"`
	Requests  int       `json:"requests"`
	Delay     span      `json:"delay"`
	Delivered bool      `json:"delivered"`
}

func (c *Cloud) postFault(body []byte) error {
	var in faultJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.Clear {
		c.ClearFaults()
		return nil
	}
	return c.Inject(Fault{
		Kind: in.Kind, Endpoint: in.Endpoint, Mobile: in.Mobile,
		Requests: in.Requests, Delay: time.Duration(in.Delay), Delivered: in.Delivered,
	})
}

func (c *Cloud) postReset(body []byte) error {
	if err := decode(body, &struct{}{}); err != nil {
		return err
	}
	c.Reset()
	return nil
}

// optionsJSON are the options that can change while the Cloud runs; an absent one stays as it is.
type optionsJSON struct {
	Sticky         *bool     `json:"sticky,omitempty"`
	KeepResults    *bool     `json:"keep_results,omitempty"`
	Pending        *Pending  `json:"pending,omitempty"`
	PushStatus     *int      `json:"push_status,omitempty"`
	NotFoundStatus *int      `json:"not_found_status,omitempty"`
	Default        *stepJSON `json:"default,omitempty"`
	Limits         *Limits   `json:"limits,omitempty"`
}

func (c *Cloud) postOptions(body []byte) error {
	var in optionsJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	c.changes.Lock()
	defer c.changes.Unlock()
	o := c.Options()
	change(&o.Sticky, in.Sticky)
	change(&o.KeepResults, in.KeepResults)
	change(&o.Pending, in.Pending)
	change(&o.PushStatus, in.PushStatus)
	change(&o.NotFoundStatus, in.NotFoundStatus)
	change(&o.Limits, in.Limits)
	if in.Default != nil {
		o.Default = in.Default.step()
	}
	if err := o.Check(); err != nil {
		return fmt.Errorf("options refused: %w", err)
	}
	c.configure(o)
	return nil
}

func change[T any](option, to *T) {
	if to != nil {
		*option = *to
	}
}

func asOptionsJSON(o Options) optionsJSON {
	usual := asStepJSON(o.Default)
	return optionsJSON{
		Sticky: &o.Sticky, KeepResults: &o.KeepResults, Pending: &o.Pending, PushStatus: &o.PushStatus,
		NotFoundStatus: &o.NotFoundStatus, Default: &usual, Limits: &o.Limits,
	}
}
