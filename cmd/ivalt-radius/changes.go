package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ivalt-radius/audit"
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
	if err := a.Commit(ctx, audit.Configuration{
		Event: "reloaded", Digest: after.Digest(), Detail: changes(a.settings, after),
	}); err != nil {
		faults.Add("audit.file", "the reload cannot be recorded, so it does not take place: %s", err)
	}
	return faults
}

// changesMost bounds the text of changes, in octets, without the count of those it leaves out.
const changesMost = 1000

// changes names the keys that differ, for the record of a reload. It holds no value.
func changes(before, after *config.Settings) string {
	keys := config.Changed(before, after)
	if len(keys) == 0 {
		return "no setting changed"
	}
	var text strings.Builder
	for i, key := range keys {
		if key == "users.file" {
			key += peopleChanged(config.PeopleChanged(before, after))
		}
		if i > 0 {
			key = ", " + key
		}
		if text.Len()+len(key) > changesMost {
			return fmt.Sprintf("%s and %d more", text.String(), len(keys)-i)
		}
		text.WriteString(key)
	}
	return text.String()
}

func peopleChanged(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ": 1 person changed"
	}
	return fmt.Sprintf(": %d people changed", n)
}
