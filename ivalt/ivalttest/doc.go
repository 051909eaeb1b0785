// Package ivalttest is a rehearsal of the iVALT cloud: both dialects of its API, the people behind the phones, and
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
// so it is kept with care.
//
// # Dialects
//
// With Options.Dialect the application behind the gateway answers under its own paths, bare and under /admin/public/api:
//
//	POST /get-user-by-email          {"email"}
//	POST /send/global/notification   {"mobile","requestFrom"}
//	POST /validate/global/auth       {"mobile"}
//	POST /validate-geo-fence-auth    {"mobile"}
//
// and one that is a trap. The path that reads a result at the gateway submits one there:
//
//	POST /admin/public/api/biometric-geo-fence-auth-results   {"country_code","mobile","status":1}
//
// Whoever has the key can approve for anybody with it. Counters.Submissions counts the calls to it in every dialect, those that
// are refused too: after a client's test it is 0.
//
// # What nobody knows
//
// Options has a switch for every point where the real API's behaviour is not known: what is said while nobody has answered
// (Pending, PendingPlain), after a no (Denial) and when it is too late (Expiry); whether a read consumes a result (Sticky)
// and a push clears it (KeepResults); request ids, rate headers, spellings of a mobile, the longest requestFrom, the
// server's clock. A Person may be inactive, have several e-mails, or two mobiles. Package habit holds the values.
//
// With Options.SigningSecret the Cloud is also the operator's own proxy, which takes signed calls alone.
//
// # People
//
// A Person has a Behaviour and a delay. What a phone has said is worked out from the time of the push whenever somebody
// asks; there are no timers, so ten thousand waiting phones cost nothing. People in Person.Next act once each, in order,
// before the person's own behaviour holds again. Options.Default is everybody whom nobody has set.
//
// Geofence and Timezone people are refused on the geofence endpoint alone: the plain one knows no policy, and approves.
//
// Answers is the truth that verdicts are measured by: everything that people really said, and when. ApprovedSince asks it
// one question. What a client submitted itself stands there too, and is nobody's approval.
//
// # Faults
//
// A Fault replaces answers, for one mobile or all, at one endpoint or all, for a number of requests or until cleared.
// Hostile lists every fault after which no login may succeed.
//
// # Rooms
//
// Package answers makes the answers, the true ones and the false ones. Package habit has the paths and the switches. Package
// plan holds the usage plan and, with Options.CountPeaks, tells the busiest second, minute and hour. Package control adds
// the page that is the phone, and a JSON endpoint.
//
// None of them imports testing: they are part of the binary.
package ivalttest
