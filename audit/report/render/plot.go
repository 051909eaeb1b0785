package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"ivalt-radius/audit/report"
)

// The measures of a plot, in units of its viewBox.
const (
	plotWidth  = 720
	plotHeight = 220
	plotLeft   = 52.0
	plotRight  = 708.0
	plotTop    = 14.0
	plotBase   = 186.0 // where the values are zero
	rowHeight  = 24.0  // of a plot of rows
	rowLeft    = 180.0
	rowRight   = 640.0
	glyph      = 6.6 // about how wide a letter is
)

// plot is a drawing, ready for the template: boxes, lines and words.
type plot struct {
	Width, Height int
	Boxes         []box
	Lines         []stroke
	Words         []word
	Curve         string // points of a polyline; empty: none
}

type box struct {
	X, Y, W, H  float64
	Class, Says string // Says is its title
}

type stroke struct {
	X1, Y1, X2, Y2 float64
	Class, Says    string
}

type word struct {
	X, Y                float64
	Anchor, Class, Text string
}

// nice is the smallest round number that is no less than n, so that an axis ends with one.
func nice(n int) int {
	const ten, hundred = 10, 100
	if n < ten {
		return max(1, n)
	}
	for scale := 1; scale <= math.MaxInt/hundred; scale *= ten {
		for _, step := range []int{10, 12, 16, 20, 24, 30, 40, 50, 60, 80} {
			if step*scale >= n {
				return step * scale
			}
		}
	}
	return n
}

// upright has the axes of values from zero to the top, which are labelled at zero, half and top.
func upright(label func(part float64) string) plot {
	p := plot{Width: plotWidth, Height: plotHeight}
	for _, part := range []float64{0, 0.5, 1} {
		y := plotBase - part*(plotBase-plotTop)
		p.Lines = append(p.Lines, stroke{X1: plotLeft, Y1: y, X2: plotRight, Y2: y, Class: "grid"})
		p.Words = append(p.Words, word{X: plotLeft - 8, Y: y + 4, Anchor: "end", Class: "tick", Text: label(part)})
	}
	return p
}

// hoursPlot stacks rejected logins on accepted ones.
func hoursPlot(all []report.Hour) plot {
	most := 1
	for _, b := range all {
		most = max(most, b.Accepted+b.Rejected)
	}
	top := nice(most)
	p := upright(func(part float64) string {
		if part == 0.5 && top%2 == 1 {
			return ""
		}
		return number(int(part * float64(top)))
	})
	if len(all) == 0 {
		return p
	}
	width := (plotRight - plotLeft) / float64(len(all))
	gap := min(width/4, 4)
	high := func(n int) float64 { return (plotBase - plotTop) * float64(n) / float64(top) }
	labelled := max(1, (len(all)+5)/6)
	for i, b := range all {
		x := plotLeft + float64(i)*width
		says := fmt.Sprintf("%s: %s accepted, %s rejected", moment(b.Hour), number(b.Accepted), number(b.Rejected))
		y := plotBase - high(b.Accepted)
		if b.Accepted > 0 {
			p.Boxes = append(p.Boxes, box{x + gap/2, y, width - gap, high(b.Accepted), "accept", says})
		}
		if b.Rejected > 0 {
			p.Boxes = append(p.Boxes, box{x + gap/2, y - high(b.Rejected), width - gap, high(b.Rejected), "reject", says})
		}
		if i%labelled == 0 {
			p.Words = append(p.Words, word{x + width/2, plotBase + 18, "middle", "tick", b.Hour.UTC().Format(stamp(all))})
		}
	}
	return p
}

// stamp is how a bar's time is written: the clock within a day or two, else the date.
func stamp(all []report.Hour) string {
	const days = 48 * time.Hour
	if all[len(all)-1].Hour.Sub(all[0].Hour) <= days {
		return "02 Jan 15:04"
	}
	return "2006-01-02"
}

// reasonsPlot has a row for each reason.
func reasonsPlot(all []report.Reason) plot {
	p := plot{Width: plotWidth, Height: int(rowHeight)*max(1, len(all)) + 8}
	most := 1
	for _, r := range all {
		most = max(most, r.Count)
	}
	for i, r := range all {
		y := 4 + rowHeight*float64(i)
		long := (rowRight - rowLeft) * float64(r.Count) / float64(most)
		class := "reject"
		if r.Verdict == "accept" {
			class = "accept"
		}
		p.Boxes = append(p.Boxes, box{rowLeft, y + 3, long, rowHeight - 6, class, fmt.Sprintf("%s %s: %s", r.Verdict, shown(r.Reason, 24), number(r.Count))})
		p.Words = append(p.Words,
			word{rowLeft - 8, y + 16, "end", "label", shown(r.Reason, 24)},
			word{rowLeft + long + 6, y + 16, "start", "tick", number(r.Count)})
	}
	return p
}

// curvePlot draws which share was done by when, at least up to so many milliseconds, and where each NAS gives up.
func curvePlot(t report.Times, least int64, nas []report.Patience) plot {
	p := upright(percent)
	end := least
	if n := len(t.Curve); n > 0 {
		end = max(end, t.Curve[n-1].MS)
	}
	for _, n := range nas {
		end = max(end, n.PatienceMS)
	}
	at := func(ms int64) float64 { return plotLeft + (plotRight-plotLeft)*float64(ms)/float64(end) }
	const ticks = 6
	for i := range int64(ticks + 1) {
		anchor := "middle"
		if i == ticks {
			anchor = "end"
		}
		p.Words = append(p.Words, word{at(end * i / ticks), plotBase + 18, anchor, "tick", span(rounded(end * i / ticks))})
	}
	var points []string
	for _, c := range t.Curve {
		points = append(points, fmt.Sprintf("%.1f,%.1f", at(c.MS), plotBase-(plotBase-plotTop)*c.Share))
	}
	p.Curve = strings.Join(points, " ")
	row := 0.0
	for _, n := range nas {
		if n.RestsOn == 0 {
			continue
		}
		x, says := at(n.PatienceMS), shown(n.Client, 24)+" gives up at "+span(n.PatienceMS)
		p.Lines = append(p.Lines, stroke{x, plotTop, x, plotBase, "patience", says})
		w := word{x + 5, plotBase - 70 + 14*math.Mod(row, 5), "start", "patience", says}
		if x+5+glyph*float64(len(says)) > plotRight {
			w.X, w.Anchor = x-5, "end"
		}
		p.Words = append(p.Words, w)
		row++
	}
	return p
}

// rounded is a tick's time to a tenth of a second where it is longer than one.
func rounded(ms int64) int64 {
	const second, tenth = 1000, 100
	if ms < second {
		return ms
	}
	return (ms + tenth/2) / tenth * tenth
}
