package formerly

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"ivalt-radius/audit/durable"
	"ivalt-radius/config"
)

// name is the file in state.directory; most bounds it, in octets.
const (
	name = "settings.json"
	most = 16 << 20
)

// Settings are settings as they may be kept: redacted, by key path, with their digest.
type Settings struct {
	Digest string            `json:"digest"`
	Keys   map[string]string `json:"keys"`
}

// Of is what may be kept of settings.
func Of(s *config.Settings) Settings { return Settings{Digest: s.Digest(), Keys: s.Redacted()} }

// Read is what was kept in a state directory. It reports false where nothing was, or nothing that can be read.
func Read(dir string) (s Settings, ok bool) {
	text, err := durable.ReadAll(filepath.Join(dir, name), most)
	if err != nil || json.Unmarshal(text, &s) != nil || s.Keys == nil {
		return Settings{}, false
	}
	return s, true
}

// Write keeps the settings in place of the former ones, for their owner alone.
func (s Settings) Write(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("noting the settings: %w", err)
	}
	if err := durable.Write(filepath.Join(dir, name), durable.Bytes(text)); err != nil {
		return fmt.Errorf("noting the settings: %w", err)
	}
	return nil
}

// Changes are the keys whose texts differ, in order. Secrets show no difference: only the digests do.
func (s Settings) Changes(after Settings) []config.Change {
	keys := maps.Clone(s.Keys)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, after.Keys)
	var out []config.Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if before, now := s.Keys[key], after.Keys[key]; before != now {
			out = append(out, config.Change{Key: key, Before: before, After: now})
		}
	}
	return out
}
