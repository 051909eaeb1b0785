package defence

import (
	"context"
	"slices"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
)

// wanted says which incidents are listed.
type wanted struct {
	All      bool           `json:"all"` // closed ones too
	Severity guard.Severity `json:"severity"`
}

// filter is what was asked for, as on the command line.
func (w wanted) filter() string {
	text := "list"
	if w.All {
		text += " --all"
	}
	if w.Severity > guard.Low {
		text += " --severity " + w.Severity.String()
	}
	return text
}

// named is one incident, and why something is done to it.
type named struct {
	ID     string `json:"id"`
	Reason string `json:"reason,omitempty"`
}

// handled is an incident after something was done to it.
type handled struct {
	Incident incident.Incident `json:"incident"`
	Blocks   []block.Block     `json:"blocks"` // in force: those that follow from it, and those of its subject
}

func listing() operation[wanted, []incident.Incident] {
	return operation[wanted, []incident.Incident]{"/incidents", func(ctx context.Context, d Deps, actor string, in wanted) ([]incident.Incident, error) {
		if err := commit(ctx, d, audit.Access{Action: "incidents", Actor: actor, Filter: in.filter()}); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(d.Incidents.List(), func(i incident.Incident) bool {
			return i.Severity < in.Severity || i.State == incident.Closed && !in.All
		}), nil
	}}
}

func showing() operation[named, incident.Incident] {
	return operation[named, incident.Incident]{"/incidents/show", func(ctx context.Context, d Deps, actor string, in named) (incident.Incident, error) {
		found, err := d.Incidents.Find(in.ID)
		if err == nil {
			err = commit(ctx, d, audit.Access{Action: "incidents", Actor: actor, Filter: "show " + found.ID})
		}
		if err != nil {
			return incident.Incident{}, err
		}
		return found, nil
	}}
}

func acknowledging() operation[named, handled] {
	return operation[named, handled]{"/incidents/ack", func(ctx context.Context, d Deps, actor string, in named) (handled, error) {
		i, err := d.Incidents.Acknowledge(ctx, incident.Order{ID: in.ID, Actor: actor, Reason: in.Reason})
		return after(d, i), err
	}}
}

func closing() operation[named, handled] {
	return operation[named, handled]{"/incidents/close", func(ctx context.Context, d Deps, actor string, in named) (handled, error) {
		i, err := d.Incidents.Close(ctx, incident.Order{ID: in.ID, Actor: actor, Reason: in.Reason})
		return after(d, i), err
	}}
}

// after is an incident without its evidence, which only showing it shows, and the blocks that stay.
func after(d Deps, i incident.Incident) handled {
	i.Evidence = nil
	return handled{i, slices.DeleteFunc(d.Blocks.All(), func(b block.Block) bool {
		ofSubject := b.User != "" && b.User == i.Subject.User || b.Prefix.IsValid() && b.Prefix.Contains(i.Subject.Address)
		return b.Incident != i.ID && !ofSubject
	})}
}
