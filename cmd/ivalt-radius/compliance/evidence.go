package compliance

import (
	"context"
	"fmt"
	"time"

	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/trail"
	"ivalt-radius/config"
	"ivalt-radius/config/inventory"
)

// verified is what `audit verify` finds in the trail of the settings.
func verified(ctx context.Context, s *config.Settings, _ []segment.File) (compliance.Verified, error) {
	r, err := trail.Look(ctx, s)
	if err != nil {
		return compliance.Verified{}, fmt.Errorf("verifying the trail: %w", err)
	}
	v := compliance.Verified{Done: true, Findings: len(r.Findings) + r.Omitted, Missing: r.Archived, Key: r.Key}
	switch {
	case r.Key == "":
	case r.Signatures == 0:
		v.Signatures = compliance.No
	case r.Sound():
		v.Signatures = compliance.Yes
	}
	if r.LastSeq > r.Covered+1 { // the checkpoint itself is covered by the next one
		v.Uncovered, v.Waiting = r.LastSeq-r.Covered-1, max(0, time.Since(r.Open))
	}
	return v, nil
}

// secretsOf is what the inventory knows; nothing is known where not all secrets could be read.
func secretsOf(in loaded) compliance.Secrets {
	if !in.whole {
		return compliance.Secrets{}
	}
	entries, err := secretage.List(in.settings, time.Now())
	if err != nil {
		return compliance.Secrets{}
	}
	out := compliance.Secrets{Known: true, Count: len(entries), MaxAge: inventory.MaxAge}
	for _, e := range entries {
		if e.Given == config.Literal {
			out.Literal++
		}
		if e.Given == config.FromSealed {
			out.Sealed++
		}
		if e.FirstSeen == nil {
			out.Undated++
		}
		if e.Old {
			out.Old++
		}
		if e.Weak() {
			out.Weak++
		}
	}
	return out
}
