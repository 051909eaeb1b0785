package config

import (
	"net/netip"
	"reflect"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"ivalt-radius/secret"
)

// decode turns a complete tree of texts into Settings. Nothing is guessed: a text becomes another type by our own readers alone.
func decode(tree map[string]any) (*Settings, error) {
	s := &Settings{}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:           s,
		TagName:          "koanf",
		ErrorUnused:      true,
		WeaklyTypedInput: false,
		MatchName:        func(key, field string) bool { return key == field },
		DecodeHook:       mapstructure.DecodeHookFuncType(fromText),
	})
	if err != nil {
		return nil, err
	}
	return s, decoder.Decode(tree)
}

// fromText reads a text as the type of its field.
func fromText(_, to reflect.Type, data any) (any, error) {
	text, ok := data.(string)
	if !ok {
		return data, nil
	}
	switch to {
	case reflect.TypeFor[int]():
		return parseNumber(text)
	case reflect.TypeFor[time.Duration]():
		return parseDuration(text)
	case reflect.TypeFor[bool]():
		return parseBool(text)
	case reflect.TypeFor[netip.AddrPort]():
		return parseAddress(text)
	case reflect.TypeFor[netip.Prefix]():
		return parsePrefix(text)
	case reflect.TypeFor[secret.Secret]():
		return secret.New(text), nil
	}
	return text, nil
}
