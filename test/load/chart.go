package load

import (
	"fmt"
	"math"
	"strings"
)

// The chart's measures in pixels: two panels, one above the other.
const (
	width, panelHeight    = 720, 240
	left, right, top, gap = 60, 190, 30, 50
)

// colours of the clients, in their order.
var colours = [...]string{"#1f6feb", "#8250df", "#1a7f37", "#bc4c00", "#bf3989"} //nolint:gochecknoglobals // a constant that Go cannot write as one

// chart draws success and the added delay over the rate.
func chart(rows []row) string {
	var b strings.Builder
	height := 2*panelHeight + gap + top
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`, width, height)
	panel(&b, rows, 0, "let in, % of those who approve in time", func(o *outcome) float64 { return 100 * o.success() })
	panel(&b, rows, panelHeight+gap, "added delay, p95, s", func(o *outcome) float64 { return o.p95().Seconds() })
	for i, c := range clients() {
		y := top + 16*i
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/>`, width-right+16, y, colours[i])
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`, width-right+32, y+9, strings.ReplaceAll(c.name, "`", ""))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// panel draws one figure of all clients, from zero.
func panel(b *strings.Builder, rows []row, offset int, title string, y func(*outcome) float64) {
	most := 0.0
	for _, r := range rows {
		for i := range r.by {
			most = max(most, y(&r.by[i]))
		}
	}
	most = math.Ceil(most/10) * 10
	across := func(r row) float64 {
		return left + (width-left-right)*math.Log(r.scene.most)/math.Log(rows[len(rows)-1].scene.most)
	}
	up := func(v float64) float64 {
		return float64(offset+panelHeight) - float64(panelHeight-top)*v/max(most, 1)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text>`, left, offset+16, title)
	for _, part := range []float64{0, 0.5, 1} {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.0f" y2="%.0f" stroke="#ddd"/>`, left, width-right, up(part*most), up(part*most))
		fmt.Fprintf(b, `<text x="%d" y="%.0f" text-anchor="end">%.0f</text>`, left-8, up(part*most)+4, part*most)
	}
	for i := range clients() {
		var points []string
		for _, r := range rows {
			points = append(points, fmt.Sprintf("%.1f,%.1f", across(r), up(y(&r.by[i]))))
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), colours[i])
	}
	for _, r := range rows {
		fmt.Fprintf(b, `<text x="%.0f" y="%d" text-anchor="middle">%.0f</text>`, across(r), offset+panelHeight+16, r.scene.most)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d">logins a minute</text>`, width-right+16, offset+panelHeight+16)
}
