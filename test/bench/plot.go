package main

import (
	"fmt"
	"math"
	"strings"
)

// The plot's measures in pixels.
const (
	plotWidth, plotHeight = 640, 320
	plotLeft, plotBottom  = 60, 40
	plotTop, plotRight    = 30, 60
)

// plot draws CPU (left axis) and memory (right axis) a login over the number of logins in flight, on a logarithmic axis.
func plot(results []crowdResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`, plotWidth, plotHeight)
	if len(results) > 1 {
		most := float64(results[len(results)-1].logins)
		least := float64(results[0].logins)
		x := func(r crowdResult) float64 {
			return plotLeft + (plotWidth-plotLeft-plotRight)*math.Log(float64(r.logins)/least)/math.Log(most/least)
		}
		series(&b, results, x, "#1f6feb", plotLeft-8, "end", "CPU µs", func(r crowdResult) float64 { return float64(r.cpu.Microseconds()) })
		series(&b, results, x, "#bf3989", plotWidth-plotRight+8, "start", "memory KiB", func(r crowdResult) float64 { return float64(r.perLogin) / 1024 })
		for _, r := range results {
			fmt.Fprintf(&b, `<text x="%.0f" y="%d" text-anchor="middle">%d</text>`, x(r), plotHeight-plotBottom+18, r.logins)
		}
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">logins in flight</text></svg>`+"\n", plotWidth/2, plotHeight-6)
	return b.String()
}

// series draws one figure with its own axis, from zero to twice its median.
func series(b *strings.Builder, results []crowdResult, x func(crowdResult) float64, colour string, axis int, anchor, name string, y func(crowdResult) float64) {
	top := 0.0
	for _, r := range results {
		top = max(top, 1.2*y(r))
	}
	if top <= 0 {
		return
	}
	height := func(v float64) float64 { return plotHeight - plotBottom - (plotHeight-plotBottom-plotTop)*v/top }
	points := make([]string, len(results))
	for i, r := range results {
		points[i] = fmt.Sprintf("%.1f,%.1f", x(r), height(y(r)))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, x(r), height(y(r)), colour)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), colour)
	for _, part := range []float64{0, 0.5, 1} {
		fmt.Fprintf(b, `<text x="%d" y="%.0f" text-anchor="%s" fill="%s">%.0f</text>`, axis, height(part*top)+4, anchor, colour, part*top)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="%s" fill="%s">%s</text>`, axis, plotTop-12, anchor, colour, name)
}
