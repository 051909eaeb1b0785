package report

import (
	"cmp"
	"fmt"
	"slices"
)

// judgement is what a category comes to.
type judgement struct {
	level    Level
	findings []string
	advice   []string
	worst    []Offender // nil: the words that were tallied
}

// raise takes a finding in.
func (j *judgement) raise(to Level, finding string) {
	j.level = max(j.level, to)
	j.findings = append(j.findings, finding)
}

func (j *judgement) advise(text string) { j.advice = append(j.advice, text) }

// Report sums up. unreadable is how many lines were no records. The Aggregator may go on.
func (a *Aggregator) Report(unreadable int) Report {
	r := Report{
		Period: Period{Since: a.opt.Since, Until: a.opt.Until, First: a.first, Last: a.last}, Records: a.records, Unreadable: unreadable,
		Logins: a.logins, TopReasons: a.topReasons(), TopUsers: a.users.top(), TopAddresses: a.addresses.top(),
		OtherUsers: a.users.others, OtherAddresses: a.addresses.others, LoginsPerHour: a.allHours(),
		ApprovalTimes: a.approvals.times(10, 20, 30, 45, 60), APITimes: a.apiTimes.times(1, 2, 5, 10),
		APICalls: a.apiCalls, APIErrors: a.apiFails, NASPatience: a.patiences(), Recommendations: []Advice{},
	}
	for c := range categories {
		j := a.judge(c, unreadable)
		r.take(c, a.seen[c], j)
	}
	for _, c := range r.Categories {
		if c.Level == r.ThreatLevel && c.Level > Low {
			for _, f := range c.Findings {
				r.ThreatReasons = append(r.ThreatReasons, c.Title+": "+f)
			}
		}
	}
	if r.ThreatReasons == nil {
		r.ThreatReasons = []string{"Nothing stands out."}
	}
	for _, p := range r.NASPatience {
		if text := p.advice(); text != "" {
			r.Recommendations = append(r.Recommendations, Advice{Category: "nas_patience", Client: p.Client, Text: text})
		}
	}
	return r
}

// take enters a category.
func (r *Report) take(c category, f finding, j judgement) {
	r.ThreatLevel = max(r.ThreatLevel, j.level)
	if j.worst == nil {
		j.worst = f.by.top()
	}
	if j.findings == nil {
		j.findings = []string{}
	}
	r.Categories = append(r.Categories, Category{
		Name: c.String(), Title: c.title(), Count: f.count, Level: j.level, FirstSeen: f.first, LastSeen: f.last,
		Findings: j.findings, Offenders: j.worst,
	})
	for _, text := range j.advice {
		r.Recommendations = append(r.Recommendations, Advice{Category: c.String(), Text: text})
	}
}

func (a *Aggregator) topReasons() []Reason {
	all := make([]Reason, 0, len(a.reasons))
	for _, n := range a.reasons {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Verdict, b.Verdict))
	})
	return all[:min(len(all), mostTop)]
}

func (a *Aggregator) allHours() []Hour {
	all := make([]Hour, 0, len(a.hours))
	for _, h := range a.hours {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b Hour) int { return a.Hour.Compare(b.Hour) })
	return all
}

// judge is the one place where numbers become levels.
func (a *Aggregator) judge(c category, unreadable int) judgement {
	var j judgement
	switch f := &a.seen[c]; c {
	case failures:
		a.judgeFailures(&j, f)
	case guessing:
		a.judgeGuessing(&j)
	case fatigue:
		a.judgeFatigue(&j)
	case collisions:
		judgeCollisions(&j, f)
	case api:
		a.judgeAPI(&j, f)
	case trail:
		judgeTrail(&j, f, unreadable)
	case insecure:
		judgeInsecure(&j, f)
	case shipping:
		if f.count > 0 {
			j.raise(Medium, fmt.Sprintf("records were not shipped, or not at once: %d events say so", f.count))
			j.advise("Look at the receivers in audit.ship[]: they are unreachable or too slow; audit.ship[].spool is how far they may fall behind. The records are still in the trail: audit export gives them.")
		}
	case configuration:
		if n := f.by.of("reload_refused"); n > 0 {
			j.raise(Medium, fmt.Sprintf("%d reloads were refused: the settings in the file are not those in force", n))
			j.advise("Run check --config FILE: it names every fault of the settings by key and line.")
		}
	case actions, dataAccess, categories: // to be known, not to be judged
	}
	return j
}

func (a *Aggregator) judgeFailures(j *judgement, f *finding) {
	share := part(f.count, a.logins.Total)
	text := fmt.Sprintf("%d of %d logins were refused (%s)", f.count, a.logins.Total, percent(share))
	switch {
	case f.count > failuresHigh && share > failuresHighShare:
		j.raise(High, text)
	case f.count > failuresMedium && share > failuresMediumShare:
		j.raise(Medium, text)
	default:
		return
	}
	j.advise("See the top reasons, and what each means in docs/reasons.md; explain --config FILE --user U --client NAME shows how one person's login is decided.")
}

func (a *Aggregator) judgeGuessing(j *judgement) {
	wrong := func(n *named) int { return n.failures }
	onUsers, users := a.users.worst((*named).guessing, wrong)
	fromAddresses, addresses := a.addresses.worst((*named).guessing, wrong)
	j.worst = append(addresses, users...)
	if fromAddresses > Low {
		j.raise(fromAddresses, fmt.Sprintf("wrong names or passwords in rows from single addresses: %d or more within %.0f minutes, or %d names and more", guessMedium, guessWindow.Minutes(), slowMedium))
		j.advise("Block the top addresses of guessing at the firewall or the NAS, or limit who may ask with policy.rules[].only.networks (docs/policy.md).")
	}
	if onUsers > Low {
		j.raise(onUsers, fmt.Sprintf("wrong passwords in rows for single names: %d or more within %.0f minutes, or from %d addresses and more", guessMedium, guessWindow.Minutes(), slowMedium))
		j.advise("Ask the top persons of guessing whether a device holds an old password; where none does, change the password: somebody is trying it.")
	}
}

func (a *Aggregator) judgeFatigue(j *judgement) {
	level, worst := a.users.worst((*named).fatigue, func(n *named) int { return n.ignored })
	j.worst = worst
	switch level {
	case Critical:
		j.raise(level, fmt.Sprintf("a person approved right after %d or more pushes within %.0f minutes that were denied or not answered", fatigueMedium, fatigueWindow.Minutes()))
		j.advise("Ask the top persons of push_fatigue whether they meant to approve; if not, end their sessions, change the password and set a first factor (primary.method, docs/people.md), so that no push rings without it.")
	case High, Medium:
		j.raise(level, fmt.Sprintf("%d or more pushes to one person within %.0f minutes were denied or not answered", fatigueMedium, fatigueWindow.Minutes()))
		j.advise("Ask the top persons of push_fatigue whether they started these logins; if not, their password is known to somebody: change it. Without a first factor (primary.method) anybody can ring a phone.")
	case Low:
	}
}

func judgeCollisions(j *judgement, f *finding) {
	text := fmt.Sprintf("%d logins met another login's push or approval", f.count)
	switch {
	case f.count > collisionsHigh:
		j.raise(High, text)
	case f.count >= collisionsMedium:
		j.raise(Medium, text)
	default:
		return
	}
	j.advise("See who collides: a person with two devices at once, or somebody who waits for a push to ride on. ivalt.on_collision says what happens then, ivalt.sentinel finds stale approvals (docs/ivalt.md).")
}

func (a *Aggregator) judgeAPI(j *judgement, f *finding) {
	share := part(a.apiFails, a.apiCalls)
	if n := f.by.of("ivalt_misconfigured"); n > 0 {
		j.raise(High, fmt.Sprintf("iVALT refused the API key or the path (%d times)", n))
		j.advise("Check ivalt.api_key, ivalt.url and ivalt.dialect; probe --config FILE --email E walks the API once (docs/probe.md).")
	}
	if n := f.by.of("ivalt_unavailable"); n > 0 {
		level := Medium
		if n > outagesHigh {
			level = High
		}
		j.raise(level, fmt.Sprintf("iVALT was out of reach (%d times)", n))
		j.advise("Look at the way to iVALT: DNS, ivalt.proxy, the firewall. policy.rules[].fail says what a login gets meanwhile (docs/policy.md).")
	}
	errors := fmt.Sprintf("%d of %d calls to iVALT failed (%s)", a.apiFails, a.apiCalls, percent(share))
	switch {
	case a.apiFails > apiErrorsMedium && share > apiErrorsHighShare:
		j.raise(High, errors)
	case a.apiFails > apiErrorsMedium && share > apiErrorsMediumShare:
		j.raise(Medium, errors)
	}
	a.judgePace(j)
	if n := f.by.of("odd_answer"); n > 0 {
		j.raise(Medium, fmt.Sprintf("%d answers of iVALT had an odd form and were not counted", n))
		j.advise("Compare iVALT's answers with docs/ivalt.md by probe; where they are forged, ivalt.pins says which certificate is iVALT's.")
	}
	if n := f.by.of("clock_skew"); n > 0 {
		j.raise(Medium, "this machine's clock and iVALT's differ")
		j.advise("Set the clock by NTP: stale approvals and hours are judged by it.")
	}
}

// judgePace looks at slow and throttled calls.
func (a *Aggregator) judgePace(j *judgement) {
	if median := a.apiTimes.percentile(0.5); median > apiSlow {
		j.raise(Medium, "half of the calls to iVALT take longer than "+seconds(apiSlow.Milliseconds()))
	}
	level := Low
	switch peak := a.throttle.peak; {
	case peak > throttleHigh:
		level = High
	case peak >= throttleMedium:
		level = Medium
	}
	if level > Low {
		j.raise(level, fmt.Sprintf("iVALT throttled %d or more calls within a minute", throttleMedium))
		j.advise("Set ivalt.limits to what the usage plan allows, for all nodes together (docs/ivalt.md), or ask for a larger plan.")
	}
}

func judgeTrail(j *judgement, f *finding, unreadable int) {
	if n := f.by.of("trail_broken") + f.by.of("trail_truncated"); n > 0 {
		j.raise(Critical, "lines of the trail do not fit, or were cut off")
		j.advise("Run audit verify: it names every line that does not fit. Keep a copy of the trail before anything else (docs/security.md).")
	}
	if n := f.by.of("trail_replaced"); n > 0 {
		j.raise(High, fmt.Sprintf("the trail was taken away under the server (%d times)", n))
		j.advise("Find who or what removes audit.file (logrotate?), and bring the old file back: it is part of the chain.")
	}
	if n := f.by.of("recovered") + f.by.of("records_lost"); n > 0 {
		j.raise(High, "records are missing: the disk failed or the queue was full")
		j.advise("Look at the disk that holds audit.file: space, errors, speed.")
	}
	if n := f.by.of("trail_repaired"); n > 0 {
		j.raise(Medium, fmt.Sprintf("a torn last line was cut off at a start (%d times): the server was killed, or the machine lost power", n))
	}
	switch {
	case unreadable > 1:
		j.raise(High, fmt.Sprintf("%d lines are no records", unreadable))
		j.advise("Run audit verify: it names the lines that are no records.")
	case unreadable == 1:
		j.raise(Low, "one line is no record; the last one is none while it is being written")
	}
}

func judgeInsecure(j *judgement, f *finding) {
	if n := f.by.of("fail_mode_used"); n > 0 {
		j.raise(High, fmt.Sprintf("%d logins were let in without the phone by a fail mode", n))
	}
	if f.by.of("fail_mode_insecure_allow") > 0 {
		j.raise(High, "a rule lets people in without the phone while iVALT cannot be asked")
	}
	if j.level > Low {
		j.advise("Take policy.rules[].fail.mode insecure_allow away as soon as iVALT can be asked again, and look through the logins that it let in (docs/policy.md).")
	}
	if f.by.of("message_authenticator_not_learned") > 0 {
		j.raise(Medium, "addresses that sign their requests could not be remembered")
		j.advise("Set clients[].message_authenticator to required: then nothing need be remembered (docs/security.md).")
	}
}
