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
// Package answers makes the answers, the true ones and the false ones. Package control adds the page that is the phone,
// and a JSON endpoint.
//
// None of the three imports testing: they are part of the binary.
package ivalttest
