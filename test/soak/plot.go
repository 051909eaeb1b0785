package soak

import (
	"fmt"
	"strings"
	"time"
)

// The plot's measures in pixels: a panel for each judged figure, one above the other.
const (
	plotWidth, panelHeight       = 720, 92
	plotLeft, plotRight, plotTop = 60, 20, 20
)

// Plot draws the judged figures over time, each from zero, with the line of its slope over the second half.
func (r Report) Plot() string {
	var judged []Figure
	for _, f := range Figures() {
		if f.Judged {
			judged = append(judged, f)
		}
	}
	var b strings.Builder
	height := panelHeight*len(judged) + 2*plotTop
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`, plotWidth, height)
	for i, f := range judged {
		r.panel(&b, f, panelHeight*i)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">minutes under load</text></svg>`+"\n", plotWidth/2, height-6)
	return b.String()
}

func (r Report) panel(b *strings.Builder, f Figure, offset int) {
	series := Of(r.Samples, f.Name)
	most, until := 0.0, time.Second
	for _, p := range series {
		most, until = max(most, p.Value), max(until, p.At)
	}
	most = max(most, f.Scale)
	across := func(at time.Duration) float64 {
		return plotLeft + (plotWidth-plotLeft-plotRight)*at.Seconds()/until.Seconds()
	}
	bottom := offset + panelHeight
	up := func(v float64) float64 { return float64(bottom) - (panelHeight-plotTop-14)*v/most }
	title := f.Name
	if f.Unit != "" {
		title += ", " + f.Unit
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`, plotLeft, offset+plotTop, title)
	for _, part := range []float64{0, 1} {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/>`, plotLeft, plotWidth-plotRight, up(part*most), up(part*most))
		fmt.Fprintf(b, `<text x="%d" y="%.0f" text-anchor="end">%.0f</text>`, plotLeft-8, up(part*most)+4, part*most/f.Scale)
	}
	points := make([]string, len(series))
	for i, p := range series {
		points[i] = fmt.Sprintf("%.1f,%.1f", across(p.At), up(p.Value))
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="#1f6feb" stroke-width="1"/>`, strings.Join(points, " "))
	found := Judge(series, f.Rule)
	fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#bc4c00" stroke-width="2"/>`,
		across(until/2), across(until), up(found.Median-found.Growth/2), up(found.Median+found.Growth/2))
	for part := range 5 {
		at := until * time.Duration(part) / 4
		fmt.Fprintf(b, `<text x="%.0f" y="%d" text-anchor="middle" fill="#888" font-size="9">%.0f</text>`, across(at), bottom+10, at.Minutes())
	}
}
