package config

import (
	_ "embed" // the page's text is a file of its own, so that it reads as what it is
	"fmt"
	"io"
	"strings"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference$ .

//go:embed reference.md
var page string

// Reference writes docs/configuration.md: the page's text, and the table of all keys. The error is the writer's.
func Reference(w io.Writer) error {
	var b strings.Builder
	b.WriteString(page)
	b.WriteString("| key | type | default | meaning | environment |\n|---|---|---|---|---|\n")
	for _, key := range Keys() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` |\n", key.Path, key.words(), key.otherwise(), strings.ReplaceAll(key.Meaning, "|", `\|`), key.Variable())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Variable is the environment variable that sets the key, for the first element of each list of maps.
func (k Key) Variable() string {
	name := strings.ReplaceAll(k.Path, "[]", levels+"0")
	return prefix + strings.ToUpper(strings.ReplaceAll(name, ".", levels))
}

// words are the key's type and range.
func (k Key) words() string {
	words := map[Kind]string{
		Choice: "`" + strings.Join(k.Choices, "`, `") + "`", Text: "text", Texts: "list of texts", Number: "number", Duration: "duration", Bool: "`true` or `false`", Secret: "secret",
		Secrets: "list of secrets", Address: "IP:port", Addresses: "list of IP:port", Prefixes: "list of prefixes", Attributes: "map",
	}[k.Kind]
	if span := k.span(); span != "" {
		return words + ", " + span
	}
	return words
}

// otherwise is what holds where the key is not written.
func (k Key) otherwise() string {
	switch {
	case k.Required:
		return "**required**"
	case k.Default == "":
		return k.Unset
	case k.Kind.many():
		return "`[" + strings.ReplaceAll(k.Default, ",", ", ") + "]`"
	}
	return "`" + k.Default + "`"
}
