package watching

import (
	"reflect"
	"testing"
	"time"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch"
	"ivalt-radius/guard/watch/rule"
)

// TestSettings: each rule gets the threshold of the key that has its name.
func TestSettings(t *testing.T) {
	var s config.Settings
	detect := reflect.ValueOf(&s.Guard.Detect).Elem()
	want := map[guard.Rule]watch.Threshold{}
	for i := range detect.NumField() {
		key := guard.Rule(detect.Type().Field(i).Tag.Get("koanf"))
		if field, ok := detect.Field(i).Addr().Interface().(*config.Threshold); ok {
			*field = config.Threshold{Count: i + 1, Window: time.Duration(i+1) * time.Minute}
			want[key] = watch.Threshold{Count: i + 1, Window: time.Duration(i+1) * time.Minute}
		}
	}
	s.Guard.Detect.APISlowFrom = 7 * time.Second
	got := Settings(&s)
	if !reflect.DeepEqual(got.Thresholds, want) || got.SlowFrom != 7*time.Second {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, d := range rule.Rules() {
		if _, ok := want[d.Rule]; !ok {
			t.Errorf("no key guard.detect.%s", d.Rule)
		}
	}
	if faults := got.Check(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
}

// TestTheDefaultsAreSound, and each rule is on.
func TestTheDefaultsAreSound(t *testing.T) {
	path, _ := commandtest.Settings(t)
	s, _ := config.LoadWithoutSecrets(path, config.Options{})
	got := Settings(s)
	if faults := got.Check(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	for r, threshold := range got.Thresholds {
		if threshold.Count == 0 {
			t.Errorf("%s is off", r)
		}
	}
}
