package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
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

// Digest is a SHA-256 in lowercase hex over the redacted rendering and, as an HMAC with the API key, over what that leaves out:
// shared secrets, confidential reply attributes and people, these in any order. Every change that Changed names changes it.
//
// Two nodes with one digest have the same settings, people and secrets; it does not tell what the files hold that settings only
// name (ivalt.ca_file), nor the versions of the program. Nodes with different API keys have different digests, whatever
// else they share.
//
// A digest stands in logs and in the trail. Without the API key, 32 characters that iVALT drew, nobody can test a guess of a
// mobile or of a weak shared secret against it. Settings without an API key, which Load never returns, leave all of that out.
func (s *Settings) Digest() string { return s.digest(func(string) bool { return false }) }

// ClusterDigest is Digest without the keys that every node has for itself: where it listens, who looks through its window, its files, its name, and its way to the shared
// memory, whose key is the same at all. Nodes of one cluster have the same one, or they judge the same login differently.
func (s *Settings) ClusterDigest() string {
	same := []string{"state.redis.on_failure", "state.redis.nodes", "state.redis.min_replicas", clusterKey}
	return s.digest(func(key string) bool {
		return strings.HasPrefix(key, "listen.") || strings.HasPrefix(key, "admin.") || strings.HasPrefix(key, "secrets.") || key == "audit.file" || key == "audit.archive" ||
			strings.HasPrefix(key, "state.") && !slices.Contains(same, key)
	})
}

// digest leaves out the keys that without names.
func (s *Settings) digest(without func(key string) bool) string {
	leave := func(texts map[string]string) map[string]string {
		maps.DeleteFunc(texts, func(key, _ string) bool { return without(key) })
		return texts
	}
	sum := sha256.New()
	write(sum, leave(s.Redacted()))
	if key := s.IVALT.APIKey; !key.Empty() {
		keyed := hmac.New(sha256.New, []byte(key.Reveal()))
		_, _ = io.WriteString(keyed, "ivalt-radius settings\n") // a digest is no signature of anything else under this key
		secrets := map[string]string{}
		s.render(secret.Secret.Reveal, secrets)
		write(keyed, leave(secrets))
		write(keyed, s.people())
		_, _ = sum.Write(keyed.Sum(nil))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// write writes texts in the order of their keys, so that no two maps write the same.
func write(w io.Writer, texts map[string]string) {
	_, _ = fmt.Fprintf(w, "%d\n", len(texts))
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		_, _ = fmt.Fprintf(w, "%q=%q\n", key, texts[key])
	}
}

// people is all that users.file says, by login name. It holds addresses, numbers and hashes in the clear.
func (s *Settings) people() map[string]string {
	out := make(map[string]string, len(s.Users.People))
	for _, p := range s.Users.People {
		mobiles := make([]string, len(p.Mobile))
		for i, m := range p.Mobile {
			mobiles[i] = m.Reveal()
		}
		out[p.Name] += fmt.Sprintf("%q %q %q %q %q %q\n", p.Email.Reveal(), mobiles, p.Groups, p.Password.Reveal(), p.NTHash.Reveal(), p.Reply)
	}
	return out
}

// Changed names the keys whose values differ, secrets included, in the order of their paths. People count as users.file,
// in any order of theirs.
func Changed(before, after *Settings) []string {
	a, b := map[string]string{}, map[string]string{}
	before.render(secret.Secret.Reveal, a)
	after.render(secret.Secret.Reveal, b)
	keys := differ(a, b)
	if PeopleChanged(before, after) > 0 {
		keys["users.file"] = true
	}
	return slices.Sorted(maps.Keys(keys))
}

// Change is one key whose value differs, as Redacted shows it.
type Change struct{ Key, Before, After string }

// Changes are the keys that Changed names, with what stood there and what stands there now. A secret that changed shows that it is
// another one, and nothing of either; people are a count of those that differ.
func Changes(before, after *Settings) []Change {
	a, b := before.Redacted(), after.Redacted()
	keys := Changed(before, after)
	out := make([]Change, len(keys))
	for i, key := range keys {
		out[i] = Change{Key: key, Before: a[key], After: b[key]}
		switch {
		case key == "users.file":
			if n := PeopleChanged(before, after); n > 0 {
				out[i].After += fmt.Sprintf(" (people changed: %d)", n)
			}
		case out[i].Before == out[i].After:
			out[i].After += " (another one)"
		}
	}
	return out
}

// PeopleChanged is how many people of users.file were added, removed, or have another e-mail address, mobile, password, or what else it says.
func PeopleChanged(before, after *Settings) int { return len(differ(before.people(), after.people())) }

// differ are the keys whose texts differ, or that only one of the maps has.
func differ(a, b map[string]string) map[string]bool {
	keys := map[string]bool{}
	for _, pair := range [][2]map[string]string{{a, b}, {b, a}} {
		for key, text := range pair[0] {
			if other, ok := pair[1][key]; !ok || other != text {
				keys[key] = true
			}
		}
	}
	return keys
}

// Restart says which changes a reload cannot take: those of listen.*, state.* and audit.file, and TLS of the window where there was none, or none is left. It is empty where the new settings
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
	if before.Admin.TLS.On() != after.Admin.TLS.On() {
		faults.Add("admin.tls.certificate", "turns TLS on or off, which a reload cannot do: restart ivalt-radius")
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
	case int, int64, bool:
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
