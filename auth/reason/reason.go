package reason

// Reason is why a login ended as it did: the closed list of the contract. The same word stands in the log, the trail, the
// metrics and the docs.
type Reason uint8

// The reasons. The zero Reason is "unavailable", which rejects.
const (
	Unavailable Reason = iota
	Approved
	Remembered
	Exempt
	Challenged
	PushDenied
	PushTimeout
	Geofence
	Timezone
	OutsideHours
	NetworkDenied
	PolicyDenied
	UnknownUser
	BadPassword
	LockedOut
	Blocked
	RateLimited
	Collision
	StaleApproval
	Busy
	Misconfigured
	BadRequest
	ShuttingDown
	reasonCount // how many there are; not a reason
)

// Reply-Message's four sentences: they tell a stranger nothing.
const (
	granted   = "Access granted."
	notInTime = "Not approved in time."
	tryLater  = "Try again later."
	denied    = "Access denied."

	question = "(the question)" // stands in no packet: a challenge has a message of its own
)

// reasons is the one table of the list: its word, its sentence, and what an operator reads in docs/reasons.md.
var reasons = [reasonCount]struct{ word, sentence, meaning string }{ //nolint:gochecknoglobals // a constant table
	Unavailable:   {"unavailable", tryLater, "iVALT, a directory or the audit trail could not be used."},
	Approved:      {"approved", granted, "The person approved this login's push on the phone; where the detail says so, that of the very same login moments before, too late for its answer."},
	Remembered:    {"remembered", granted, "An earlier approval still counts: for this client, person, address and password (`remember.for`), or, while iVALT cannot be asked, for this person and address (`fail.mode: allow_remembered`)."},
	Exempt:        {"exempt", granted, "A rule lets this login in without a push; where the detail says so by `fail.mode: insecure_allow`, while iVALT cannot be asked."},
	Challenged:    {"challenged", question, "The NAS was asked to put a question (Access-Challenge); the login goes on as the attempt that names this one."},
	PushDenied:    {"push_denied", denied, "The person refused on the phone."},
	PushTimeout:   {"push_timeout", notInTime, "Nobody answered the phone in time, or the approval came too late for the NAS."},
	Geofence:      {"geofence", denied, "iVALT says that the phone is outside the permitted place."},
	Timezone:      {"timezone", denied, "iVALT says that the phone is outside the permitted time window."},
	OutsideHours:  {"outside_hours", denied, "The deciding rule's hours do not hold now, or ended while the phone rang."},
	NetworkDenied: {"network_denied", denied, "The deciding rule's networks do not hold the calling station, or it is unknown."},
	PolicyDenied:  {"policy_denied", denied, "A rule, or the default, denies this login."},
	UnknownUser:   {"unknown_user", denied, "iVALT does not know this person. Behind a checked first factor `users.enrolment_message` may stand in the sentence's place."},
	BadPassword:   {"bad_password", denied, "The first factor is wrong: the detail tells an unknown person, a wrong password, a locked or expired account apart. Or it is empty or unreadable (the shared secret may differ)."},
	LockedOut:     {"locked_out", denied, "Too many wrong passwords of this person from this place (`guard.lockout`); the detail says until when."},
	Blocked:       {"blocked", denied, "Somebody, or an incident, blocked this person or address: `ivalt-radius block list`, `unblock`."},
	RateLimited:   {"rate_limited", tryLater, "A limit of `guard` is reached: logins, wrong passwords or pushes of this person, place or client, pushes that nobody answered, or one that was refused a moment ago; the detail says which."},
	Collision:     {"collision", denied, "A second, different login asked for the same phone while a push was open."},
	StaleApproval: {"stale_approval", denied, "An approval was there that cannot belong to this push."},
	Busy:          {"busy", tryLater, "No API budget for another push, too many logins are waiting, or too many first factors are being checked."},
	Misconfigured: {"misconfigured", denied, "The set-up cannot serve this login: API key, path, phone number or method."},
	BadRequest:    {"bad_request", denied, "The packet, its name or its State cannot be served."},
	ShuttingDown:  {"shutting_down", tryLater, "The server was told to stop before this login ended."},
}

// String is the reason's word.
func (r Reason) String() string {
	if r < reasonCount {
		return reasons[r].word
	}
	return reasons[Unavailable].word
}

// Of is the reason of a word; Unavailable where none has it.
func Of(word string) Reason {
	for r := range reasonCount {
		if reasons[r].word == word {
			return r
		}
	}
	return Unavailable
}

// ReplyMessage is the sentence that the NAS may show.
func (r Reason) ReplyMessage() string {
	if r < reasonCount {
		return reasons[r].sentence
	}
	return reasons[Unavailable].sentence
}

// All calls f for every reason of the closed list, for the generated docs.
func All(f func(word, sentence, meaning string)) {
	for _, r := range reasons {
		f(r.word, r.sentence, r.meaning)
	}
}
