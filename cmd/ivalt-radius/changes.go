package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/formerly"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// recordWithin bounds how long a reload waits for its record.
const recordWithin = 5 * time.Second

// record keeps a reload in the trail, on disk, before it takes place. Its fault is that this cannot be done.
func (a *app) record(ctx context.Context, after *config.Settings) fault.List {
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	var faults fault.List
	if err := a.Commit(ctx, change("reloaded", after.Digest(), config.Changes(a.inForce(), after))); err != nil {
		faults.Add("audit.file", "the reload cannot be recorded, so it does not take place: %s", err)
	}
	return faults
}

// remember keeps what the settings are for the next start, and records which they are and what has changed since the last one.
func (a *app) remember(s *config.Settings) {
	before, known := formerly.Read(s.State.Directory)
	now := formerly.Of(s)
	if !known {
		before = now // nothing is known to differ
	}
	if before.Digest == now.Digest {
		a.Note(change("in_force", now.Digest, nil))
	} else {
		a.Note(change("changed_before_start", now.Digest, before.Changes(now)))
	}
	a.keep(s.State.Directory, now)
}

// keep writes down what the settings are now.
func (a *app) keep(dir string, now formerly.Settings) {
	if err := now.Write(dir); err != nil {
		a.log.WithError(err).Warn("the settings cannot be noted: the next start will not tell what has changed")
	}
}

// Bounds of one record of a change, in keys and in octets of a value.
const (
	changesMost = 100
	valueMost   = 200
)

// change is the record of settings that differ: the keys by name, and each with both values, redacted.
func change(event, digest string, changes []config.Change) audit.Configuration {
	c := audit.Configuration{Event: event, Digest: digest}
	names := make([]string, len(changes))
	for i, one := range changes {
		if names[i] = one.Key; i < changesMost {
			c.Changes = append(c.Changes, audit.Change{Key: one.Key, Before: brief(one.Before), After: brief(one.After)})
		}
	}
	switch n := len(names); {
	case n == 0:
		c.Detail = "no setting changed"
		if event == "changed_before_start" {
			c.Detail = "a secret or a person changed"
		}
	case n > changesMost:
		c.Detail = fmt.Sprintf("%s and %d more", strings.Join(names[:changesMost], ", "), n-changesMost)
	default:
		c.Detail = strings.Join(names, ", ")
	}
	return c
}

// brief cuts a value that is long.
func brief(text string) string {
	if len(text) <= valueMost {
		return text
	}
	return strings.ToValidUTF8(text[:valueMost], "") + "..."
}
