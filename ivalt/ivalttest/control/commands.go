package control

import (
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// stepJSON is a Step on the control endpoint.
type stepJSON struct {
	Does  ivalttest.Behaviour `json:"does"`
	After span                `json:"after"`
}

func (s stepJSON) step() ivalttest.Step {
	return ivalttest.Step{Behaviour: s.Does, After: time.Duration(s.After)}
}

func asStepJSON(s ivalttest.Step) stepJSON { return stepJSON{Does: s.Behaviour, After: span(s.After)} }

// personJSON is a Person on the control endpoint.
type personJSON struct {
	Email        string               `json:"email"`
	Mobile       string               `json:"mobile"`
	Name         string               `json:"name"`
	Also         []string             `json:"also,omitempty"`
	SecondMobile string               `json:"second_mobile,omitempty"`
	Inactive     bool                 `json:"inactive,omitempty"`
	Does         *ivalttest.Behaviour `json:"does"` // absent: manual
	After        span                 `json:"after"`
	Next         []stepJSON           `json:"next"`
}

func asPersonJSON(p ivalttest.Person) personJSON {
	out := personJSON{
		Email: p.Email, Mobile: p.Mobile, Name: p.Name, Also: p.Also, SecondMobile: p.SecondMobile, Inactive: p.Inactive,
		Does: &p.Behaviour, After: span(p.After), Next: []stepJSON{},
	}
	for _, s := range p.Next {
		out.Next = append(out.Next, asStepJSON(s))
	}
	return out
}

func (d *deck) postPerson(body []byte) error {
	var in personJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	p := ivalttest.Person{
		Email: in.Email, Mobile: in.Mobile, Name: in.Name, Also: in.Also, SecondMobile: in.SecondMobile, Inactive: in.Inactive,
		Behaviour: ivalttest.Manual, After: time.Duration(in.After),
	}
	if in.Does != nil {
		p.Behaviour = *in.Does
	}
	for _, s := range in.Next {
		p.Next = append(p.Next, s.step())
	}
	if err := p.Check(); err != nil {
		return err
	}
	d.cloud.Set(p)
	return nil
}

// answered answers a push by its mobile or by its number.
func answered(newest func(mobile string) bool, one func(id uint64) bool) func([]byte) error {
	return func(body []byte) error {
		var in struct {
			Mobile string `json:"mobile"`
			Push   uint64 `json:"push"`
		}
		if err := decode(body, &in); err != nil {
			return err
		}
		if in.Push != 0 && one(in.Push) || in.Push == 0 && newest(in.Mobile) {
			return nil
		}
		return errNothingOpen
	}
}

// faultJSON is a Fault on the control endpoint.
type faultJSON struct {
	Clear     bool                `json:"clear,omitempty"`
	Kind      ivalttest.FaultKind `json:"kind"`
	Endpoint  ivalttest.Endpoint  `json:"endpoint"`
	Mobile    string              `json:"mobile"`
	Requests  int                 `json:"requests"`
	Delay     span                `json:"delay"`
	Delivered bool                `json:"delivered"`
}

func (d *deck) postFault(body []byte) error {
	var in faultJSON
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.Clear {
		d.cloud.ClearFaults()
		return nil
	}
	return d.cloud.Inject(ivalttest.Fault{
		Kind: in.Kind, Endpoint: in.Endpoint, Mobile: in.Mobile,
		Requests: in.Requests, Delay: time.Duration(in.Delay), Delivered: in.Delivered,
	})
}

func (d *deck) postReset(body []byte) error {
	if err := decode(body, &struct{}{}); err != nil {
		return err
	}
	d.cloud.Reset()
	return nil
}
