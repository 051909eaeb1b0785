package config

import (
	_ "embed" // the page's text is a file of its own, so that it reads as what it is
	"io"

	"ivalt-radius/config/keys"
	"ivalt-radius/config/tree"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference$ .

//go:embed reference.md
var page string

// Reference writes docs/configuration.md: the page's text, and the table of all keys. The error is the writer's.
func Reference(w io.Writer) error {
	_, err := io.WriteString(w, page+tree.Table(keys.All()))
	return err
}
