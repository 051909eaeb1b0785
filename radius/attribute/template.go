package attribute

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/policy"
)

// placeholder stands in a template for the name of a group, once or more often.
const placeholder = "{group}"

// sampleGroup is the name with which a template is tried while settings load.
const sampleGroup = "staff"

// template makes an attribute with Fill of a value that holds {group}. What is around the name must be sound.
func template(e entry, value string) (policy.Attribute, error) {
	text, tag := cutTag(e, value) // the operator's tag alone: a group's name never is one
	switch {
	case e.kind == kindHex, e.kind == "octets" && strings.HasPrefix(text, "0x"):
		return policy.Attribute{}, fmt.Errorf("hexadecimal octets hold no %s", placeholder)
	case !slices.Contains([]string{"string", "octets"}, e.kind):
		return policy.Attribute{}, fmt.Errorf("%s stands in texts alone, and values here are of the type %s", placeholder, e.kind)
	}
	if _, err := fill(e, text, tag, sampleGroup); err != nil {
		return policy.Attribute{}, err
	}
	out := policy.Attribute{Name: e.name, Value: value, Fill: func(group string) (policy.Attribute, error) {
		octets, err := fill(e, text, tag, group)
		if err != nil {
			return policy.Attribute{}, fmt.Errorf("%w: %s: %w", ErrValue, e.name, err)
		}
		return e.attribute(strings.ReplaceAll(value, placeholder, group), octets), nil
	}}
	if e.salted {
		out.Value = encryptedValue
	}
	return out, nil
}

// fill makes a value's octets of a template, always as a text: a group's name is no tag and no hexadecimal.
func fill(e entry, text string, tag []byte, group string) ([]byte, error) {
	if group == "" {
		return nil, errors.New("there is no group to fill in")
	}
	octets, err := encodeText(strings.ReplaceAll(text, placeholder, group))
	if err != nil {
		return nil, err
	}
	return finish(e, slices.Clone(tag), octets)
}
