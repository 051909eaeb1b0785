// Package ivalttest is a rehearsal of the iVALT cloud: the gateway dialect of its API, the people behind the phones, and
// every way in which the real thing may fail or lie. Tests, the demo, benchmarks and `ivalt-radius simulate` use it.
//
// A Cloud is an http.Handler. It answers
//
//	POST /get-user-by-email                  {"email"}                 who has which mobile
//	POST /biometric-auth-request             {"mobile","requestFrom"}  sends a push
//	POST /biometric-auth-result              {"mobile"}                what the phone said
//	POST /biometric-geo-fence-auth-results   {"mobile"}                the same, after geofence and time window
//
// with the envelope, the status codes and the texts that clients of the real API captured. Anything else is refused the
// way that the gateway refuses: an unknown path, then a wrong x-api-key, then the usage plan, then a body that does not
// validate. Results belong to a mobile, not to a push, as they do there: that is the weakness a bridge has to live with,
// so it is kept with care. Options has a switch for every point where the real API's behaviour is not known.
//
// # People
//
// A Person has a Behaviour and a delay. What a phone has said is worked out from the time of the push whenever somebody
// asks; there are no timers, so ten thousand waiting phones cost nothing. People in Person.Next act once each, in order,
// before the person's own behaviour holds again. Options.Default is everybody whom nobody has set.
//
// Geofence and Timezone people are refused on the geofence endpoint alone: the plain one knows no policy, and approves.
//
// # Faults
//
// A Fault replaces answers, for one mobile or all, at one endpoint or all, for a number of requests or until cleared.
// Hostile lists every fault after which no login may succeed.
//
// # The phone and the control endpoint
//
// GET / is a page that is the phone: it lists the pushes and has Approve and Deny. It lives on the control endpoint,
// which speaks JSON, answers loopback addresses alone (unless Options.InsecureControlAnywhere), and wants a Host that names
// this machine, a POST of type application/json and an Origin that is its own or absent. Unknown members are refused.
//
//	GET  /control/state    people, pushes (newest first), faults, options, counters, the last requests
//	POST /control/person   {"email","mobile","name","does":"approve","after":"3s","next":[{"does":"deny","after":"1s"}]}
//	POST /control/approve  {"mobile":"+…"} for the newest open push of a mobile, or {"push":7} for that one
//	POST /control/deny     the same
//	POST /control/fault    {"kind":"html-200","mobile":"","endpoint":"result","requests":3,"delay":"2s","delivered":false},
//	                       or {"clear":true}
//	POST /control/options  any of {"sticky","keep_results","pending":"captured|404|422|400","push_status","not_found_status",
//	                       "default":{"does","after"},"limits":{"per_second","per_minute","per_hour"}}
//	POST /control/reset    {}
//
// An answer is 200 {"ok":true}, or an error status with {"error":"…"}. Durations are texts as Go writes them.
//
// The package must not import testing: it is part of the binary.
package ivalttest
