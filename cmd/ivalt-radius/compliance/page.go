package compliance

import (
	"crypto/sha256"
	_ "embed" // page and style are files of their own, so that they read as what they are
	"encoding/base64"
	"html/template"
	"io"

	"ivalt-radius/audit/compliance"
)

//go:embed page.html
var pageText string

//go:embed page.css
var style string

// writePage writes the report as one page that loads nothing and runs nothing: its policy allows its own style, by its hash, and
// nothing else.
func writePage(w io.Writer, r compliance.Report) error {
	page, err := template.New("report").Funcs(template.FuncMap{"word": word}).Parse(pageText)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(style))
	return page.Execute(w, struct {
		Report    compliance.Report
		Score     string
		About     [][2]string
		Style     template.CSS
		StyleHash string
	}{r, scoreOf(r.Score), about(r), template.CSS(style), base64.StdEncoding.EncodeToString(sum[:])}) //nolint:gosec // it is ours, and holds nothing of the report
}
