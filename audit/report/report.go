package report

import "time"

// Report is what a trail's records of a period mean. Every text that comes from the trail is as hostile as it is there: whoever shows
// it escapes it.
type Report struct {
	Period     Period `json:"period"`
	Records    int    `json:"records"`
	Unreadable int    `json:"unreadable"` // lines that are no records

	Logins Logins `json:"logins"`

	ThreatLevel     Level      `json:"threat_level"`
	ThreatReasons   []string   `json:"threat_reasons"`
	Categories      []Category `json:"categories"` // always all, in a fixed order
	Recommendations []Advice   `json:"recommendations"`

	TopReasons     []Reason `json:"top_reasons"`
	TopUsers       []Ranked `json:"top_users"`     // those with the most rejected logins first, then those with the most logins
	TopAddresses   []Ranked `json:"top_addresses"` // as TopUsers
	OtherUsers     Others   `json:"other_users"`
	OtherAddresses Others   `json:"other_addresses"`

	LoginsPerHour []Hour     `json:"logins_per_hour"` // those hours that had logins
	ApprovalTimes Times      `json:"approval_times"`  // from the first packet to the Accept of an approval by phone
	APITimes      Times      `json:"api_times"`       // of the calls to iVALT that had an answer
	APICalls      int        `json:"api_calls"`
	APIErrors     int        `json:"api_errors"`
	NASPatience   []Patience `json:"nas_patience"`
}

// Period is what was asked for and what was found.
type Period struct {
	Since time.Time `json:"since"` // inclusive; zero: no bound
	Until time.Time `json:"until"` // exclusive; zero: no bound
	First time.Time `json:"first"` // of the records; zero: there was none
	Last  time.Time `json:"last"`
}

// Logins are how logins ended. A login that was asked a question goes on, and is counted by its end: Challenged stands beside Total.
type Logins struct {
	Total      int            `json:"total"` // Accepted and Rejected
	Accepted   int            `json:"accepted"`
	Rejected   int            `json:"rejected"`
	Challenged int            `json:"challenged"`
	ByReason   map[string]int `json:"by_reason"` // their sum is Total
}

// Reason is one reason and how many logins ended with it.
type Reason struct {
	Reason  string `json:"reason"`
	Verdict string `json:"verdict"`
	Count   int    `json:"count"`
}

// Ranked is one user or address.
type Ranked struct {
	Name     string `json:"name"`
	Logins   int    `json:"logins"`
	Accepted int    `json:"accepted"`
	Rejected int    `json:"rejected"`
}

// Others are the logins of names that were too many to be counted one by one.
type Others struct {
	Logins   int `json:"logins"`
	Accepted int `json:"accepted"`
	Rejected int `json:"rejected"`
}

// Hour are the logins that ended in one hour of UTC. Where a trail has more than mostHours of them, the hour of the Unix epoch holds
// the rest.
type Hour struct {
	Hour     time.Time `json:"hour"` // its beginning
	Accepted int       `json:"accepted"`
	Rejected int       `json:"rejected"`
}

// Category is one kind of finding.
type Category struct {
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Count     int        `json:"count"`
	Level     Level      `json:"level"`
	FirstSeen time.Time  `json:"first_seen,omitzero"`
	LastSeen  time.Time  `json:"last_seen,omitzero"`
	Findings  []string   `json:"findings"` // why the level is what it is; no text of the trail
	Offenders []Offender `json:"top_offenders"`
}

// Offender is who or what a finding is about, as the category has it: an address, a person, an event, an actor, a setting.
type Offender struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Advice is one sentence that says what to do.
type Advice struct {
	Category string `json:"category"` // that it follows from; nas_patience beside the categories
	Client   string `json:"client,omitempty"`
	Text     string `json:"text"` // without any text of the trail
}

// Times are durations in milliseconds, counted in steps of StepMS: a percentile is the upper end of its step, so never too small and
// at most a step too large, while Within is exact. What is longer than MostMS counts as MostMS.
type Times struct {
	Count  int      `json:"count"`
	StepMS int64    `json:"step_ms"`
	MostMS int64    `json:"most_ms"`
	P50    int64    `json:"p50_ms"`
	P90    int64    `json:"p90_ms"`
	P95    int64    `json:"p95_ms"`
	Within []Within `json:"within"`
	Curve  []Point  `json:"curve"` // the share that was done by then; for a plot
}

// Within is how many took no longer than so many seconds.
type Within struct {
	Seconds int     `json:"seconds"`
	Count   int     `json:"count"`
	Share   float64 `json:"share"` // of 1
}

// Point is one point of a curve.
type Point struct {
	MS    int64   `json:"ms"`
	Share float64 `json:"share"` // of 1
}

// Patience is how long one client's NAS waits for an answer, as far as its packets tell. A NAS that retransmits gives up about one gap
// after its last packet: that is seen in attempts which went on for clearly longer (silentGaps). PatienceMS is the median of those.
type Patience struct {
	Client       string  `json:"client"`
	Attempts     int     `json:"attempts"`
	Repeated     int     `json:"repeated"`      // attempts with retransmissions
	RestsOn      int     `json:"rests_on"`      // attempts that outlasted their NAS; 0: PatienceMS is not known
	PatienceMS   int64   `json:"patience_ms"`   // to 100 ms
	AtLeastMS    int64   `json:"at_least_ms"`   // the latest packet that was heard of any attempt
	Approvals    int     `json:"approvals"`     // by phone
	Late         int     `json:"late"`          // of them, those that took longer than PatienceMS; for each such login nobody listened
	LateShare    float64 `json:"late_share"`    // of 1
	ConfiguredMS int64   `json:"configured_ms"` // answer_within; 0: not known
	Verdict      string  `json:"verdict"`       // all that in a sentence, without any text of the trail
}
