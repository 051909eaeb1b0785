package answers

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Lies about a result: each looks like an approval, and none is one.
const (
	StaleApproval    Kind = "stale-approval"    // a perfect approval, there already at the first poll
	OtherMobile      Kind = "other-mobile"      // approved, by another mobile
	LongerMobile     Kind = "longer-mobile"     // approved, by a mobile that begins with the right one
	LocalMobile      Kind = "local-mobile"      // approved, by a mobile without its country
	NoDetails        Kind = "no-details"        // approved, details null
	MissingDetails   Kind = "missing-details"   // approved, no details at all
	EmptyDetails     Kind = "empty-details"     // approved, details {}
	ListedDetails    Kind = "listed-details"    // approved, by a list of two people
	StatusText       Kind = "status-text"       // status "true"
	StatusOne        Kind = "status-one"        // status 1
	StatusNull       Kind = "status-null"       // status null
	StatusFalse      Kind = "status-false"      // status false, all else approved
	StatusMissing    Kind = "status-missing"    // no status
	ApprovedError    Kind = "approved-error"    // approved, and an error too
	PushMessage      Kind = "push-message"      // approved, in the words of a sent push
	DuplicateStatus  Kind = "duplicate-status"  // status false, then true
	DuplicateData    Kind = "duplicate-data"    // data null, then approved
	DuplicateError   Kind = "duplicate-error"   // an error, then none
	DuplicateMobile  Kind = "duplicate-mobile"  // another mobile, then the right one
	OtherCase        Kind = "other-case"        // approved, in keys of capital letters
	ListedData       Kind = "listed-data"       // approved, in a list
	ApprovedStatus   Kind = "approved-201"      // a perfect approval with 201
	ApprovedRefusal  Kind = "approved-403"      // a perfect approval with 403
	ApprovedOutage   Kind = "approved-500"      // a perfect approval with 500
	InventedStatus   Kind = "invented-status"   // a shape that only documents know: {"status":"success"}
	InventedSuccess  Kind = "invented-success"  // the same: {"success":true}
	InventedVerified Kind = "invented-verified" // the same: {"authenticated":true,"user":{}}
	Expired          Kind = "expired"           // 403 after five minutes, as documents describe it
	ApprovedPartial  Kind = "approved-206"      // a perfect approval with 206
	ApprovedTeapot   Kind = "approved-418"      // a perfect approval with 418
	ApprovedPage     Kind = "approved-html"     // a perfect approval, called a web page
	ApprovedEarlier  Kind = "approved-earlier"  // approved, ten minutes ago, before anybody was asked
	ScriptName       Kind = "script-name"       // approved, by a person whose name is a script
	ScriptEscaped    Kind = "script-escaped"    // approved, from an address that is a script behind an escape
	TooDeep          Kind = "too-deep"          // approved, with 40 objects in each other
	TooMany          Kind = "too-many"          // approved, with 200 more members
	DuplicateCase    Kind = "duplicate-case"    // status true, and Status false
)

// otherNumber is nobody's.
const otherNumber = "+999000000000000"

// lie is an approval, member by member; an empty member is the genuine one.
type lie struct {
	status, message, details, problem string // JSON; status and details are whole members with their comma
}

func (l lie) forge(a Ask) Forged {
	genuine := lie{
		status: `"status":true,`, message: string(appendText(nil, textApproved)),
		details: `,"details":` + string(details(a)), problem: "null",
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
	return Forged{Reply: Reply{Status: http.StatusOK, Body: appendDebug(b, a.Now)}}
}

const someProblem = `{"type":"https://httpstatuses.com/404","title":"Not Found","status":404,"detail":"Not found.","instance":"/"}`

func resultLies() []Fault {
	lies := []Fault{
		{Kind: StaleApproval, Forge: lie{}.forge},
		{Kind: OtherMobile, Forge: asMobile(func(string) string { return otherNumber })},
		{Kind: LongerMobile, Forge: asMobile(func(m string) string { return m + "0" })},
		{Kind: LocalMobile, Forge: localMobile},
		{Kind: NoDetails, Forge: lie{details: `,"details":null`}.forge},
		{Kind: MissingDetails, Forge: lie{details: ` `}.forge},
		{Kind: EmptyDetails, Forge: lie{details: `,"details":{}`}.forge},
		{Kind: ListedDetails, Forge: listedDetails},
		{Kind: StatusText, Forge: lie{status: `"status":"true",`}.forge},
		{Kind: StatusOne, Forge: lie{status: `"status":1,`}.forge},
		{Kind: StatusNull, Forge: lie{status: `"status":null,`}.forge},
		{Kind: StatusFalse, Forge: lie{status: `"status":false,`}.forge},
		{Kind: StatusMissing, Forge: lie{status: ` `}.forge},
		{Kind: ApprovedError, Forge: lie{problem: someProblem}.forge},
		{Kind: PushMessage, Forge: lie{message: string(appendText(nil, textSent))}.forge},
		{Kind: DuplicateStatus, Forge: lie{status: `"status":false,"status":true,`}.forge},
		{Kind: DuplicateData, Forge: bends(func(b []byte) []byte { return append([]byte(`{"data":null,`), b[1:]...) })},
		{Kind: DuplicateError, Forge: lie{problem: someProblem + `,"error":null`}.forge},
		{Kind: DuplicateMobile, Forge: duplicateMobile},
		{Kind: OtherCase, Forge: bends(otherCase)},
		{Kind: ListedData, Forge: bends(func(b []byte) []byte { return append(append([]byte(`[`), b...), ']') })},
		{Kind: ApprovedStatus, Forge: approvedWith(http.StatusCreated)},
		{Kind: ApprovedRefusal, Forge: approvedWith(http.StatusForbidden)},
		{Kind: ApprovedOutage, Forge: approvedWith(http.StatusInternalServerError)},
		{Kind: InventedStatus, Forge: says(http.StatusOK, `{"status":"success","message":"Authenticated","request_id":"auth_1"}`)},
		{Kind: InventedSuccess, Forge: says(http.StatusOK, `{"success":true,"request_id":"auth_1"}`)},
		{Kind: InventedVerified, Forge: says(http.StatusOK, `{"authenticated":true,"user":{"verified_at":"2026-01-01T00:00:00Z"}}`)},
		{Kind: Expired, Forge: func(a Ask) Forged { return Forged{Reply: Lapsed(a)} }},
		{Kind: ApprovedPartial, Forge: approvedWith(http.StatusPartialContent)},
		{Kind: ApprovedTeapot, Forge: approvedWith(http.StatusTeapot)},
		{Kind: ApprovedPage, Forge: approvedPage},
		{Kind: ApprovedEarlier, Forge: approvedEarlier},
		{Kind: ScriptName, Forge: asName(`"Ada <script src=//example.com></script>"`)},
		{Kind: ScriptEscaped, Forge: asName(`"\u006aavascript:alert(1)"`)},
		{Kind: TooDeep, Forge: withMember(`"more":` + strings.Repeat(`{"more":`, 40) + `1` + strings.Repeat(`}`, 40))},
		{Kind: TooMany, Forge: withMember(manyMembers())},
		{Kind: DuplicateCase, Forge: lie{status: `"status":true,"Status":false,`}.forge},
	}
	for i := range lies {
		lies[i].Home = ResultEndpoint
	}
	return lies
}

func asMobile(change func(string) string) func(Ask) Forged {
	return func(a Ask) Forged {
		return lie{details: `,"details":` + string(details(a.as(change(a.Mobile))))}.forge(a)
	}
}

// withMember adds a member to the details, last.
func withMember(member string) func(Ask) Forged {
	return func(a Ask) Forged {
		right := string(details(a))
		return lie{details: `,"details":` + right[:len(right)-1] + `,` + member + `}`}.forge(a)
	}
}

// asName gives the person another name; name is a JSON string.
func asName(name string) func(Ask) Forged {
	return func(a Ask) Forged {
		right, own := string(details(a)), string(appendText(nil, a.Name))
		return lie{details: `,"details":` + strings.Replace(right, `"name":`+own, `"name":`+name, 1)}.forge(a)
	}
}

func manyMembers() string {
	var b strings.Builder
	for i := range 200 {
		b.WriteString(`"more` + strconv.Itoa(i) + `":1,`)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func approvedPage(a Ask) Forged {
	f := lie{}.forge(a)
	f.Type = "text/html; charset=utf-8"
	return f
}

// approvedEarlier is older than any login that it can be an answer to.
func approvedEarlier(a Ask) Forged {
	return withMember(`"approved_at":"` + a.Now.UTC().Add(-10*time.Minute).Format(stamp) + `"`)(a)
}

func localMobile(a Ask) Forged {
	_, rest := splitMobile(a.Mobile)
	return lie{details: `,"details":{"mobile":` + string(appendText(nil, rest)) + `}`}.forge(a)
}

func listedDetails(a Ask) Forged {
	right, wrong := string(details(a)), string(details(Ask{Email: "other@example.com", Mobile: otherNumber}))
	return lie{details: `,"details":[` + right + `,` + wrong + `]`}.forge(a)
}

func duplicateMobile(a Ask) Forged {
	right := string(details(a))
	return lie{details: `,"details":{"country_code":"+999","mobile":"000000000000",` + right[1:]}.forge(a)
}

func otherCase(b []byte) []byte {
	return []byte(strings.NewReplacer(`"data"`, `"Data"`, `"status"`, `"STATUS"`, `"details"`, `"Details"`).Replace(string(b)))
}

func approvedWith(status int) func(Ask) Forged {
	return func(a Ask) Forged {
		f := lie{}.forge(a)
		f.Status = status
		return f
	}
}

// Lies about a look-up or a push.
const (
	LookUpAmbiguous Kind = "look-up-ambiguous" // one e-mail, two mobiles
	LookUpInactive  Kind = "look-up-inactive"  // a user who is not active
	LookUpBadMobile Kind = "look-up-bad-mobile"
	LookUpNoMobile  Kind = "look-up-no-mobile"
	LookUpNoData    Kind = "look-up-no-data"
	PushRefused     Kind = "push-refused" // 200 with status false
	PushUnknown     Kind = "push-unknown" // 404: nobody has the mobile
)

func otherLies() []Fault {
	return []Fault{
		{Kind: LookUpAmbiguous, Home: LookUpEndpoint, Forge: func(a Ask) Forged {
			return lookedUp(a, `[`+string(found(a))+`,`+string(found(a.as(otherNumber)))+`]`)
		}},
		{Kind: LookUpInactive, Home: LookUpEndpoint, Forge: func(a Ask) Forged {
			return lookedUp(a, strings.Replace(string(found(a)), `"active"`, `"inactive"`, 1))
		}},
		{Kind: LookUpBadMobile, Home: LookUpEndpoint, Forge: func(a Ask) Forged {
			return lookedUp(a, string(found(a.as("call me"))))
		}},
		{Kind: LookUpNoMobile, Home: LookUpEndpoint, Forge: func(a Ask) Forged {
			return lookedUp(a, string(found(a.as(""))))
		}},
		{Kind: LookUpNoData, Home: LookUpEndpoint, Forge: func(a Ask) Forged { return lookedUp(a, "null") }},
		{Kind: PushRefused, Home: PushEndpoint, Forge: func(a Ask) Forged {
			rep := Sent(a)
			rep.Body = []byte(strings.Replace(string(rep.Body), `"status":true`, `"status":false`, 1))
			return Forged{Reply: rep}
		}},
		{Kind: PushUnknown, Home: PushEndpoint, Forge: func(a Ask) Forged {
			return Forged{Reply: UnknownMobile(a)}
		}},
	}
}

func lookedUp(a Ask, details string) Forged { return Forged{Reply: foundAs(a, details)} }

// as is the same call about another mobile.
func (a Ask) as(mobile string) Ask {
	a.Mobile = mobile
	return a
}
