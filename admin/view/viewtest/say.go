package viewtest

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
)

// Say gives every field of a document something to say. The value can be set.
func Say(v reflect.Value) {
	switch known := v.Addr().Interface().(type) {
	case *time.Time:
		*known = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	case *netip.Addr:
		*known = netip.MustParseAddr("192.0.2.1")
	case *netip.Prefix:
		*known = netip.MustParsePrefix("192.0.2.0/24")
	case *json.RawMessage:
		*known = json.RawMessage(`{"event":"push_sent"}`)
	case *guard.Severity:
		*known = guard.High
	case *incident.State:
		*known = incident.Acknowledged
	case *incident.Outcome:
		*known = incident.Done
	case *view.Cloud:
		*known = view.Simulator
	case *view.Signing:
		*known = view.Ready
	case *view.Rung:
		*known = view.ByHand
	case *view.Stage:
		*known = view.StageRinging
	default:
		sayMore(v)
	}
}

func sayMore(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		Say(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			Say(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		Say(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		Say(value)
		v.SetMapIndex(reflect.ValueOf("word").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString("word")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(7)
	default:
		v.SetInt(7)
	}
}
