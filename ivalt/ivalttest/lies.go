package ivalttest

import (
	"net/http"
	"strings"
)

// Lies about a result: each looks like an approval, and none is one.
const (
	StaleApproval    FaultKind = "stale-approval"    // a perfect approval, there already at the first poll
	OtherMobile      FaultKind = "other-mobile"      // approved, by another mobile
	LongerMobile     FaultKind = "longer-mobile"     // approved, by a mobile that begins with the right one
	LocalMobile      FaultKind = "local-mobile"      // approved, by a mobile without its country
	NoDetails        FaultKind = "no-details"        // approved, details null
	MissingDetails   FaultKind = "missing-details"   // approved, no details at all
	EmptyDetails     FaultKind = "empty-details"     // approved, details {}
	ListedDetails    FaultKind = "listed-details"    // approved, by a list of two people
	StatusText       FaultKind = "status-text"       // status "true"
	StatusOne        FaultKind = "status-one"        // status 1
	StatusNull       FaultKind = "status-null"       // status null
	StatusFalse      FaultKind = "status-false"      // status false, all else approved
	StatusMissing    FaultKind = "status-missing"    // no status
	ApprovedError    FaultKind = "approved-error"    // approved, and an error too
	PushMessage      FaultKind = "push-message"      // approved, in the words of a sent push
	DuplicateStatus  FaultKind = "duplicate-status"  // status false, then true
	DuplicateData    FaultKind = "duplicate-data"    // data null, then approved
	DuplicateError   FaultKind = "duplicate-error"   // an error, then none
	DuplicateMobile  FaultKind = "duplicate-mobile"  // another mobile, then the right one
	OtherCase        FaultKind = "other-case"        // approved, in keys of capital letters
	ListedData       FaultKind = "listed-data"       // approved, in a list
	ApprovedStatus   FaultKind = "approved-201"      // a perfect approval with 201
	ApprovedRefusal  FaultKind = "approved-403"      // a perfect approval with 403
	ApprovedOutage   FaultKind = "approved-500"      // a perfect approval with 500
	InventedStatus   FaultKind = "invented-status"   // a shape that only documents know: {"status":"success"}
	InventedSuccess  FaultKind = "invented-success"  // the same: {"success":true}
	InventedVerified FaultKind = "invented-verified" // the same: {"authenticated":true,"user":{}}
	Expired          FaultKind = "expired"           // 403 after five minutes, as documents describe it
)

// otherNumber is nobody's.
const otherNumber = "+999000000000000"

// lie is an approval, member by member; an empty member is the genuine one.
type lie struct {
	status, message, details, problem string // JSON; status and details are whole members with their comma
}

func (l lie) forge(k *call) forged {
	genuine := lie{
		status: `"status":true,`, message: string(appendText(nil, textApproved)),
		details: `,"details":` + string(details(k.person, k.mobile)), problem: "null",
	}
	for _, m := range []struct{ to, from *string }{
		{&genuine.status, &l.status},
		{&genuine.message, &l.message},
		{&genuine.details, &l.details},
		{&genuine.problem, &l.problem},
	} {
		if *m.from != "" {
			*m.to = *m.from
		}
	}
	b := []byte(`{"data":{` + genuine.status + `"message":` + genuine.message + genuine.details + `},"error":` + genuine.problem + `,`)
	return forged{reply: reply{status: http.StatusOK, body: appendDebug(b, k.now)}}
}

const someProblem = `{"type":"https://httpstatuses.com/404","title":"Not Found","status":404,"detail":"Not found.","instance":"/"}`

func resultLies() []kind {
	lies := []kind{
		{name: StaleApproval, forge: lie{}.forge},
		{name: OtherMobile, forge: asMobile(func(string) string { return otherNumber })},
		{name: LongerMobile, forge: asMobile(func(m string) string { return m + "0" })},
		{name: LocalMobile, forge: localMobile},
		{name: NoDetails, forge: lie{details: `,"details":null`}.forge},
		{name: MissingDetails, forge: lie{details: ` `}.forge},
		{name: EmptyDetails, forge: lie{details: `,"details":{}`}.forge},
		{name: ListedDetails, forge: listedDetails},
		{name: StatusText, forge: lie{status: `"status":"true",`}.forge},
		{name: StatusOne, forge: lie{status: `"status":1,`}.forge},
		{name: StatusNull, forge: lie{status: `"status":null,`}.forge},
		{name: StatusFalse, forge: lie{status: `"status":false,`}.forge},
		{name: StatusMissing, forge: lie{status: ` `}.forge},
		{name: ApprovedError, forge: lie{problem: someProblem}.forge},
		{name: PushMessage, forge: lie{message: string(appendText(nil, textSent))}.forge},
		{name: DuplicateStatus, forge: lie{status: `"status":false,"status":true,`}.forge},
		{name: DuplicateData, forge: bends(func(b []byte) []byte { return append([]byte(`{"data":null,`), b[1:]...) })},
		{name: DuplicateError, forge: lie{problem: someProblem + `,"error":null`}.forge},
		{name: DuplicateMobile, forge: duplicateMobile},
		{name: OtherCase, forge: bends(otherCase)},
		{name: ListedData, forge: bends(func(b []byte) []byte { return append(append([]byte(`[`), b...), ']') })},
		{name: ApprovedStatus, forge: approvedWith(http.StatusCreated)},
		{name: ApprovedRefusal, forge: approvedWith(http.StatusForbidden)},
		{name: ApprovedOutage, forge: approvedWith(http.StatusInternalServerError)},
		{name: InventedStatus, forge: says(http.StatusOK, `{"status":"success","message":"Authenticated","request_id":"auth_1"}`)},
		{name: InventedSuccess, forge: says(http.StatusOK, `{"success":true,"request_id":"auth_1"}`)},
		{name: InventedVerified, forge: says(http.StatusOK, `{"authenticated":true,"user":{"verified_at":"2026-01-01T00:00:00Z"}}`)},
		{name: Expired, forge: func(k *call) forged {
			return forged{reply: problem(http.StatusForbidden, k.now, "Forbidden", textExpired, k.instance())}
		}},
	}
	for i := range lies {
		lies[i].home = ResultEndpoint
	}
	return lies
}

func asMobile(change func(string) string) func(*call) forged {
	return func(k *call) forged {
		return lie{details: `,"details":` + string(details(k.person, change(k.mobile)))}.forge(k)
	}
}

func localMobile(k *call) forged {
	_, rest := splitMobile(k.mobile)
	return lie{details: `,"details":{"mobile":` + string(appendText(nil, rest)) + `}`}.forge(k)
}

func listedDetails(k *call) forged {
	right, wrong := string(details(k.person, k.mobile)), string(details(Person{Email: "other@example.com"}, otherNumber))
	return lie{details: `,"details":[` + right + `,` + wrong + `]`}.forge(k)
}

func duplicateMobile(k *call) forged {
	right := string(details(k.person, k.mobile))
	return lie{details: `,"details":{"country_code":"+999","mobile":"000000000000",` + right[1:]}.forge(k)
}

func otherCase(b []byte) []byte {
	return []byte(strings.NewReplacer(`"data"`, `"Data"`, `"status"`, `"STATUS"`, `"details"`, `"Details"`).Replace(string(b)))
}

func approvedWith(status int) func(*call) forged {
	return func(k *call) forged {
		f := lie{}.forge(k)
		f.status = status
		return f
	}
}

// Lies about a look-up or a push.
const (
	LookUpAmbiguous FaultKind = "look-up-ambiguous" // one e-mail, two mobiles
	LookUpInactive  FaultKind = "look-up-inactive"  // a user who is not active
	LookUpBadMobile FaultKind = "look-up-bad-mobile"
	LookUpNoMobile  FaultKind = "look-up-no-mobile"
	LookUpNoData    FaultKind = "look-up-no-data"
	PushRefused     FaultKind = "push-refused" // 200 with status false
	PushUnknown     FaultKind = "push-unknown" // 404: nobody has the mobile
)

func otherLies() []kind {
	return []kind{
		{name: LookUpAmbiguous, home: LookUpEndpoint, forge: func(k *call) forged {
			return lookedUp(k, `[`+string(found(k.person, k.mobile))+`,`+string(found(k.person, otherNumber))+`]`)
		}},
		{name: LookUpInactive, home: LookUpEndpoint, forge: func(k *call) forged {
			return lookedUp(k, strings.Replace(string(found(k.person, k.mobile)), `"active"`, `"inactive"`, 1))
		}},
		{name: LookUpBadMobile, home: LookUpEndpoint, forge: func(k *call) forged {
			return lookedUp(k, string(found(k.person, "call me")))
		}},
		{name: LookUpNoMobile, home: LookUpEndpoint, forge: func(k *call) forged {
			return lookedUp(k, string(found(k.person, "")))
		}},
		{name: LookUpNoData, home: LookUpEndpoint, forge: func(k *call) forged { return lookedUp(k, "null") }},
		{name: PushRefused, home: PushEndpoint, forge: func(k *call) forged {
			rep := sentReply(k)
			rep.body = []byte(strings.Replace(string(rep.body), `"status":true`, `"status":false`, 1))
			return forged{reply: rep}
		}},
		{name: PushUnknown, home: PushEndpoint, forge: func(k *call) forged {
			return forged{reply: unknownMobile(k, "send/global/notification")}
		}},
	}
}

func lookedUp(k *call, details string) forged {
	return forged{reply: data(http.StatusOK, k.now, "User found.", []byte(details))}
}
