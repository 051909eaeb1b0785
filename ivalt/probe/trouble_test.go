package probe

import (
	"time"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// outages are walks that meet no usable answers.
func outages() []scene {
	everywhere := func(kind ivalttest.FaultKind) []ivalttest.Fault {
		return []ivalttest.Fault{{Kind: kind, Delay: time.Minute}}
	}
	results := func(f ivalttest.Fault) []ivalttest.Fault {
		f.Endpoint = ivalttest.ResultEndpoint
		return []ivalttest.Fault{f}
	}
	return []scene{
		{
			name: "a wrong key", gateway: func(o *gateway.Options) { o.APIKey = secret.New(testKey + "x") }, settings: nothing, ended: errKey,
			found: map[string]string{"wrong_key": "403, bad key or path", "dialect": "? "},
		},
		{name: "an unknown e-mail", email: "nobody@brontosaurus.example", settings: nothing, ended: errNobody},
		{name: "an inactive person", person: ivalttest.Person{Inactive: true}, settings: nothing, ended: errNobody},
		{
			name: "no answer at all", faults: everywhere(ivalttest.Stall), settings: nothing, ended: errSilent,
			found: map[string]string{"clock": "? ", "unknown_user": "iVALT: no answer in time"},
		},
		{name: "closed connections", faults: everywhere(ivalttest.Closed), settings: nothing, ended: errSilent},
		{name: "server errors", faults: everywhere(ivalttest.ServerError), settings: nothing, ended: errSilent},
		{name: "HTML", faults: everywhere(ivalttest.HTML200), settings: nothing, ended: errSilent},
		{name: "redirects", faults: everywhere(ivalttest.Redirect), settings: nothing, ended: errKey},
		{name: "results that are HTML", faults: results(ivalttest.Fault{Kind: ivalttest.HTML200}), settings: nothing, ended: errDialect},
		{
			name: "throttled once", faults: results(ivalttest.Fault{Kind: answers.ThrottledHeader, Requests: 1}), pushes: 5,
			settings: gate + Consumed + `; pending: ["404"]`, remark: "X-RateLimit-Limit was 100", found: map[string]string{"limits": "limit 100, up to 0 s to the reset; a 429 that asks for 60 s"},
		},
		{name: "throttled without end", faults: results(ivalttest.Fault{Kind: ivalttest.Throttled}), settings: nothing, ended: errLimit},
	}
}

// dialects are walks at a URL that is not the dialect's.
func dialects() []scene {
	return []scene{
		{
			name: "a dialect that is not there", gateway: laravel(""), settings: gate + "unknown; # pending: leave it out", ended: errDialect,
			found: map[string]string{"result": "? no approval was read", "denial": "? ", "approval": "? "},
		},
		{
			name: "the other dialect's paths", cloud: ivalttest.Options{Dialect: habit.Laravel}, ended: errDialect,
			settings: "dialect: laravel; endpoint: geofence; result: unknown; # pending: leave it out",
		},
		{
			// check refuses these settings; the walk does not lean on that.
			name: "the path at which phones submit", cloud: ivalttest.Options{Dialect: habit.Laravel}, ended: errDialect,
			gateway:  func(o *gateway.Options) { o.URL += laravelBase },
			settings: "dialect: laravel; endpoint: geofence; result: unknown; # pending: leave it out",
		},
		{
			name: "a base that is not there", gateway: laravel(laravelBase), settings: nothing, ended: errKey,
			found: map[string]string{"no_path": "403, bad key or path: \"Missing Authentication Token\""},
		},
	}
}

// odd are walks with odd people and odd answers.
func odd() []scene {
	return []scene{
		{
			name: "nobody at the phone", limp: true, pushes: 1, settings: gate + "unknown" + rest404, ended: errNoYes,
			found: map[string]string{"pending_plain": "422", "approval": "? what was said last is no approval: 404, pending"},
		},
		{
			name: "a phone that approves before it is told", person: ivalttest.Person{Behaviour: ivalttest.Approve, After: 3 * time.Second}, pushes: 1, ended: errEarly,
			settings: gate + "unknown" + rest404, found: map[string]string{"result": "? "},
		},
		{name: "no consent", says: map[Kind]string{Consent: "no"}, settings: nothing, ended: errDeclined, found: map[string]string{"limits": "? no call"}},
		{name: "no answer to the first question", says: map[Kind]string{Consent: ""}, settings: nothing, ended: errDeclined},
		{
			name: "the person goes away", fails: DenyNow, pushes: 2, settings: gate + Consumed + rest404, ended: errGone,
			found: map[string]string{"denial": "? nobody was asked to deny", "request_from": "? "},
		},
		{
			name: "an approval that names nobody", lie: answers.NoDetails, pushes: 5, settings: gate + Sticky + rest404,
			remark: "WARNING: the approval does not name the mobile", found: map[string]string{"echo": "no", "approval": "200, approved"},
		},
		{
			name: "an approval of somebody else", lie: answers.OtherMobile, pushes: 1, settings: gate + "unknown" + rest404, ended: errNoYes,
			found: map[string]string{"approval": "? what was said last is no approval: 200, shape drift (approval of another mobile)"},
		},
		{
			name: "an approval with a time", lie: answers.ApprovedEarlier, pushes: 5, settings: gate + Sticky + rest404,
			found: map[string]string{"time": "details.approved_at"},
		},
		{
			name: "an approval that was there before", faults: []ivalttest.Fault{{Kind: ivalttest.StaleApproval, Endpoint: ivalttest.ResultEndpoint}}, pushes: 5,
			settings: gate + Sticky + "; # pending: leave it out", found: map[string]string{"pending_geofence": "? no push was waiting", "reset": "a push leaves it"},
		},
		{
			name: "pending is a 200 that says no", faults: []ivalttest.Fault{{Kind: answers.StatusFalse, Endpoint: ivalttest.ResultEndpoint}}, pushes: 1,
			settings: gate + "unknown; # pending: leave it out", ended: errNoYes, found: map[string]string{"pending_geofence": "200"},
		},
		{
			name: "a push that is refused", faults: []ivalttest.Fault{{Kind: answers.PushRefused}}, ended: errPush,
			settings: gate + "unknown; # pending: leave it out", found: map[string]string{"push": "200, refused"},
		},
	}
}
