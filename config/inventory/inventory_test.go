package inventory

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/config"
	"ivalt-radius/config/strength"
	"ivalt-radius/secret"
)

// personal are the fields that are no secrets of the installation: what users.file says of people.
func personal() []string {
	return []string{"Users.People[].Email", "Users.People[].Mobile[]", "Users.People[].Password", "Users.People[].NTHash", "Admin.Accounts[].PasswordHash", "Admin.Tokens[].Digest"}
}

// TestNoSecretIsForgotten fills every secret of Settings, by reflection, with a text of its own and looks for it in Places: a field that
// is added to Settings has to be added to the table.
func TestNoSecretIsForgotten(t *testing.T) {
	var s config.Settings
	filled := map[string]string{} // text to field
	fill(reflect.ValueOf(&s).Elem(), "", filled)
	if len(filled) < 14 {
		t.Fatalf("only %d secrets: %v", len(filled), filled)
	}
	for _, p := range Places(&s) {
		if _, ok := filled[p.Value.Reveal()]; !ok {
			t.Errorf("%s is no secret of the settings, or listed twice", p.Key)
		}
		delete(filled, p.Value.Reveal())
		if p.Kind == "" || p.least == 0 || p.Key == "" {
			t.Errorf("%+v is not whole", p)
		}
	}
	var missing []string
	for _, field := range filled {
		missing = append(missing, field)
	}
	want := personal()
	slices.Sort(want)
	slices.Sort(missing)
	if diff := cmp.Diff(want, missing); diff != "" {
		t.Errorf("secrets that Places does not list (-personal +missing):\n%s", diff)
	}
}

// fill gives every secret below v a text of its own, and every list one element.
func fill(v reflect.Value, path string, filled map[string]string) {
	if v.Type() == reflect.TypeFor[secret.Secret]() {
		text := fmt.Sprintf("http://u:secret-%d@h", len(filled)) // a proxy's too
		v.Set(reflect.ValueOf(secret.New(text)))
		filled[text] = path
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), strings.TrimPrefix(path+"."+f.Name, "."), filled)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path+"[]", filled)
	case reflect.Pointer, reflect.Map, reflect.Interface:
		panic(path + ": secrets behind it would not be seen")
	}
}

const (
	strong = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
	weak   = "Zimmermann-2024-Zimmermann"
	known  = "testing123-testing123"
	apiKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
)

// settings are a configuration that gives its secrets in four ways.
func settings(t *testing.T) *config.Settings {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shared": strong, "c.yaml": fmt.Sprintf(`clients:
  - {name: a, networks: [10.0.0.0/8], secrets: ["file:%[1]s/shared", %[2]s]}
  - {name: b, networks: [11.0.0.0/8], secrets: ["env:SHARED", "credential:shared"]}
ivalt: {api_key: "env:KEY", proxy: "http://u:%[3]s@localhost:1"}
`, dir, weak, "short"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, faults := config.Load(filepath.Join(dir, "c.yaml"), config.Options{Environ: []string{
		"SHARED=" + known, "KEY=" + apiKey, "CREDENTIALS_DIRECTORY=" + dir,
	}})
	if s == nil {
		t.Fatal(faults)
	}
	return s
}

func TestInventory(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	first := map[string]time.Time{
		strong: now.Add(-MaxAge - time.Second), weak: now.Add(-MaxAge), known: now.Add(time.Hour), apiKey: now.AddDate(-3, 0, 0),
	}
	entries := Inventory(settings(t), func(_ Kind, s secret.Secret) (time.Time, bool) {
		at, ok := first[s.Reveal()]
		return at, ok
	}, now)
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %s %s: %s, %s", e.Key, e.Kind, e.Given, e.Age(), e))
	}
	want := []string{
		"clients[0].secrets[0] shared_secret file: 365 days, reused, old",
		"clients[0].secrets[1] shared_secret literal: 365 days, weak",
		"clients[1].secrets[0] shared_secret env: 0 days, well-known",
		"clients[1].secrets[1] shared_secret credential: 365 days, reused, old",
		"ivalt.api_key api_key env: 1096 days, old",
		"ivalt.proxy proxy_password literal: not seen by a server yet, well-known, short",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !entries[1].Is(strength.Weak) || entries[0].Is(strength.Weak) {
		t.Error("Is")
	}
	warnings := TooOld(entries)
	if len(warnings) != 3 || len(warnings.Fatal()) != 0 || !strings.Contains(warnings[0].Message, "365 days: change it, put a new one beside it") ||
		warnings[2].Key != "ivalt.api_key" {
		t.Errorf("%v", warnings)
	}
	out, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	all := string(out) + fmt.Sprintf("%+v %#v %v", entries, entries, warnings)
	for _, text := range []string{strong, weak, known, apiKey, "short@"} {
		if strings.Contains(all, text) {
			t.Errorf("%q stands in %s", text, all)
		}
	}
	for _, e := range Inventory(settings(t), nil, now) {
		if e.FirstSeen != nil || e.Old {
			t.Errorf("%s was seen by nobody", e.Key)
		}
	}
}
