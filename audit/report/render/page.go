package render

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"ivalt-radius/audit/report"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// page is what the template is filled with.
type page struct {
	report.Report

	Style  template.CSS
	Policy string
	Hours  plot
	Each   string
	Bins   []report.Hour
	Why    plot
	Times  plot
	API    plot
}

// HTML writes the report as one page without anything beside it.
func HTML(w io.Writer, r report.Report) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"shown": shown, "number": number, "percent": percent, "share": share, "span": span, "moment": moment, "period": period, "few": few, "args": func(all ...any) []any { return all },
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	digest := sha256.Sum256([]byte(pageStyle))
	p := page{
		Report: r, Style: template.CSS(pageStyle), //nolint:gosec // the package's own
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; base-uri 'none'; form-action 'none'",
	}
	p.Bins, p.Each = bins(r)
	p.Hours, p.Why = hoursPlot(p.Bins), reasonsPlot(r.TopReasons)
	p.Times, p.API = curvePlot(r.ApprovalTimes, 60_000, r.NASPatience), curvePlot(r.APITimes, 1000, nil)
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
