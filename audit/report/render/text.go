package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"ivalt-radius/audit/report"
)

// columns is the width of a terminal.
const columns = 80

// Text writes the report for a terminal.
func Text(w io.Writer, r report.Report) error {
	out := bufio.NewWriter(w)
	p := printer{out}
	p.line("Report of %s", period(r.Period.Since, r.Period.Until, r.Period.First, r.Period.Last))
	p.line("%s records, %s unreadable", number(r.Records), number(r.Unreadable))
	p.heading("Threat level: " + r.ThreatLevel.String())
	p.list(r.ThreatReasons)
	p.logins(r)
	p.categories(r.Categories)
	p.ranked("Users with the most rejected logins", r.TopUsers, r.OtherUsers)
	p.ranked("Addresses with the most rejected logins", r.TopAddresses, r.OtherAddresses)
	p.hours(r)
	p.times("Approval times (first packet to Access-Accept)", r.ApprovalTimes)
	p.times(fmt.Sprintf("Calls to iVALT: %s, %s failed; times of the answered", number(r.APICalls), number(r.APIErrors)), r.APITimes)
	p.patience(r.NASPatience)
	p.heading("What to do")
	if len(r.Recommendations) == 0 {
		p.line("  Nothing.")
	}
	for _, a := range r.Recommendations {
		p.item(advice(a))
	}
	return out.Flush()
}

// advice is a recommendation with the client that it is for.
func advice(a report.Advice) string {
	if a.Client == "" {
		return a.Text
	}
	return shown(a.Client, 40) + ": " + a.Text
}

// few are the first offenders of a list: JSON has all.
func few(all []report.Offender) []report.Offender {
	const most = 5
	return all[:min(len(all), most)]
}

// printer writes lines; its writer keeps the first error.
type printer struct{ out *bufio.Writer }

func (p printer) line(format string, values ...any) {
	fmt.Fprintln(p.out, strings.TrimRight(fmt.Sprintf(format, values...), " "))
}

func (p printer) heading(text string) {
	p.line("\n%s\n%s", text, strings.Repeat("-", utf8.RuneCountInString(text)))
}

func (p printer) list(texts []string) {
	for _, t := range texts {
		p.item(t)
	}
}

// item is a text behind a dash, broken between words.
func (p printer) item(text string) {
	lead, line := "  - ", ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(lead+line+" "+word) > columns {
			p.line("%s%s", lead, line)
			lead, line = "    ", ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.line("%s%s", lead, line)
}

// bar is a share of 1 as a bar of so many columns at most.
func bar(share float64, width int) string { return strings.Repeat("#", int(share*float64(width)+0.5)) }

func (p printer) logins(r report.Report) {
	l := r.Logins
	p.heading(fmt.Sprintf("Logins: %s", number(l.Total)))
	p.line("  %s accepted, %s rejected (%s), %s questions put", number(l.Accepted), number(l.Rejected), share(l.Rejected, l.Total), number(l.Challenged))
	for _, n := range r.TopReasons {
		part := float64(n.Count) / float64(max(1, l.Total))
		p.line("  %-6s  %-16s %9s  %5s  %s", n.Verdict, shown(n.Reason, 16), number(n.Count), percent(part), bar(part, 30))
	}
}

func (p printer) categories(all []report.Category) {
	p.heading("Findings")
	for _, c := range all {
		seen := ""
		if c.Count > 0 {
			const short = "01-02 15:04" // of the period that stands above
			seen = c.FirstSeen.UTC().Format(short) + " to " + c.LastSeen.UTC().Format(short)
		}
		p.line("%-8s  %-30s %7s  %s", c.Level, c.Title, number(c.Count), seen)
		for _, f := range c.Findings {
			p.item(f)
		}
		for _, o := range few(c.Offenders) {
			p.line("      %7s  %s", number(o.Count), shown(o.Name, 60))
		}
	}
}

func (p printer) ranked(title string, all []report.Ranked, others report.Others) {
	p.heading(title)
	p.line("  %8s %8s %8s", "rejected", "accepted", "logins")
	for _, n := range all {
		p.line("  %8s %8s %8s  %s", number(n.Rejected), number(n.Accepted), number(n.Logins), shown(n.Name, 48))
	}
	if others.Logins > 0 {
		p.line("  %8s %8s %8s  all others that are not counted one by one", number(others.Rejected), number(others.Accepted), number(others.Logins))
	}
}

func (p printer) hours(r report.Report) {
	all, each := bins(r)
	most := 1
	for _, b := range all {
		most = max(most, b.Accepted+b.Rejected)
	}
	p.heading("Logins per " + each + " (# accepted, x rejected)")
	for _, b := range all {
		accepted := float64(b.Accepted) / float64(most)
		rejected := float64(b.Rejected) / float64(most)
		p.line("  %s  %7s  %s%s", moment(b.Hour), number(b.Accepted+b.Rejected), bar(accepted, 48), strings.ReplaceAll(bar(rejected, 3*16-1), "#", "x"))
	}
}

func (p printer) times(title string, t report.Times) {
	p.heading(title)
	if t.Count == 0 {
		p.line("  None.")
		return
	}
	p.line("  half within %s, 90 %% within %s, 95 %% within %s (%s in all)", span(t.P50), span(t.P90), span(t.P95), number(t.Count))
	for _, w := range t.Within {
		p.line("  within %2d s  %5s  %s", w.Seconds, percent(w.Share), bar(w.Share, 40))
	}
}

func (p printer) patience(all []report.Patience) {
	p.heading("How long each NAS waits")
	for _, n := range all {
		p.item(shown(n.Client, 40) + " " + n.Verdict)
	}
}
