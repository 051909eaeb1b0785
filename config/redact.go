package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Redacted renders all settings for logs: key path to text, lists of values divided by ", ". Secrets, passwords and keys among
// reply attributes are "[redacted]", people are a count.
func (s *Settings) Redacted() map[string]string {
	out := map[string]string{}
	s.render(func(secret.Secret) string { return secret.Redacted }, out)
	for key := range out {
		if _, name, reply := strings.Cut(key, ".reply."); reply && confidential(name) {
			out[key] = secret.Redacted
		}
	}
	out["users.file people"] = strconv.Itoa(len(s.Users.People))
	return out
}

// confidential reports the names of reply attributes that carry secrets, as Tunnel-Password and MS-MPPE-Send-Key do.
func confidential(name string) bool {
	folded := strings.ToLower(name)
	return strings.Contains(folded, "password") || strings.Contains(folded, "secret") || strings.Contains(folded, "key") ||
		strings.HasPrefix(folded, "vendor-specific")
}

// Digest is the SHA-256 of the redacted rendering, in lowercase hex: two nodes with one digest run the same rules. No secret
// goes into it, so it gives none away, and a rotated secret leaves it as it is.
func (s *Settings) Digest() string {
	sum := sha256.New()
	texts := s.Redacted()
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		_, _ = fmt.Fprintf(sum, "%q=%q\n", key, texts[key])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Changed names the keys whose values differ, secrets included, in the order of their paths. People count as users.file.
func Changed(before, after *Settings) []string {
	a, b := map[string]string{}, map[string]string{}
	before.render(secret.Secret.Reveal, a)
	after.render(secret.Secret.Reveal, b)
	keys := map[string]bool{}
	for _, pair := range [][2]map[string]string{{a, b}, {b, a}} {
		for key, text := range pair[0] {
			if other, ok := pair[1][key]; !ok || other != text {
				keys[key] = true
			}
		}
	}
	if !reflect.DeepEqual(before.Users.People, after.Users.People) {
		keys["users.file"] = true
	}
	return slices.Sorted(maps.Keys(keys))
}

// Restart says which changes a reload cannot take: those of listen.*, state.* and audit.file. It is empty where the new settings
// can take the old ones' place at once.
func Restart(before, after *Settings) fault.List {
	var faults fault.List
	for _, key := range Changed(before, after) {
		if key == "audit.file" && !before.Given(key) && !after.Given(key) {
			continue // it lies in state.directory, which is told
		}
		if strings.HasPrefix(key, "listen.") || strings.HasPrefix(key, "state.") || key == "audit.file" {
			faults.Add(key, "has changed, which a reload cannot take: restart ivalt-radius")
		}
	}
	return after.Locate(faults)
}

// render puts every key's text into a map.
func (s *Settings) render(reveal func(secret.Secret) string, out map[string]string) {
	(&renderer{reveal: reveal, out: out}).value("", reflect.ValueOf(*s))
}

type renderer struct {
	reveal func(secret.Secret) string
	out    map[string]string
}

func (r *renderer) value(path string, v reflect.Value) {
	if text, ok := r.text(v); ok {
		r.out[path] = text
		return
	}
	switch attributes, ok := v.Interface().([]Attribute); {
	case ok:
		for _, a := range attributes {
			r.out[tree.Join(path, a.Name)] = strings.Join(a.Values, ", ")
		}
	case v.Kind() == reflect.Slice:
		r.slice(path, v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Tag.Get("koanf"); name != "" && name != "-" {
				r.value(tree.Join(path, name), v.Field(i))
			}
		}
	}
}

// slice renders a list of maps element by element, a list of values as one text.
func (r *renderer) slice(path string, v reflect.Value) {
	texts := make([]string, 0, v.Len())
	for i := range v.Len() {
		text, ok := r.text(v.Index(i))
		if !ok {
			r.value(tree.Index(path, i), v.Index(i))
			continue
		}
		texts = append(texts, text)
	}
	if len(texts) == v.Len() {
		r.out[path] = strings.Join(texts, ", ")
	}
}

// text renders one value.
func (r *renderer) text(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case secret.Secret:
		if x.Empty() {
			return "", true
		}
		return r.reveal(x), true
	case string:
		return x, true
	case int, bool:
		return fmt.Sprint(x), true
	case time.Duration:
		return tree.Short(x), true
	case netip.Prefix:
		return x.String(), true
	case netip.AddrPort:
		if !x.IsValid() {
			return "", true
		}
		return x.String(), true
	}
	return "", false
}
