package tree

import (
	"fmt"
	"strings"
)

// Table is a table of keys in Markdown, a row each.
func Table(keys []Key) string {
	var b strings.Builder
	b.WriteString("| key | type | default | meaning | environment |\n|---|---|---|---|---|\n")
	for _, key := range keys {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | `%s` |\n", key.Path, key.words(), key.otherwise(), strings.ReplaceAll(key.Meaning, "|", `\|`), key.Variable())
	}
	return b.String()
}

// Words are the key's type and range, and what holds where it is not written (empty: nothing), both in Markdown.
func (k Key) Words() (kind, otherwise string) { return k.words(), k.otherwise() }

// words are the key's type and range.
func (k Key) words() string {
	words := map[Kind]string{
		Text: "text", Name: "text", URL: "text", Texts: "list of texts", Number: "number", Duration: "duration", Size: "size", Bool: "`true` or `false`",
		Choice: "`" + strings.Join(k.Choices, "`, `") + "`", Secret: "secret", Secrets: "list of secrets",
		Address: "IP:port", Addresses: "list of IP:port", Prefixes: "list of prefixes", Attributes: "map",
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
