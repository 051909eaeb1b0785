// Package control lets people and scripts play with a rehearsed iVALT cloud: a page that is everybody's phone, and a JSON
// endpoint for what the page cannot do. Everything else goes on to the Cloud.
//
// GET / is a page that is the phone: it lists the pushes and has Approve and Deny. It lives on the control endpoint,
// which speaks JSON, answers loopback addresses alone (unless told InsecureAnywhere), and wants a Host that names
// this machine, a POST of type application/json and an Origin that is its own or absent. Unknown members are refused.
//
//	GET  /control/state    people, pushes (newest first), faults, options, counters, the last requests
//	POST /control/person   {"email","mobile","name","does":"approve","after":"3s","next":[{"does":"deny","after":"1s"}],
//	                       "also":["another e-mail"],"second_mobile","inactive"}
//	POST /control/approve  {"mobile":"+…"} for the newest open push of a mobile, or {"push":7} for that one
//	POST /control/deny     the same
//	POST /control/fault    {"kind":"html-200","mobile":"","endpoint":"result","requests":3,"delay":"2s","delivered":false},
//	                       or {"clear":true}
//	POST /control/options  any of {"dialect":"gateway|laravel|both","sticky","keep_results","pending":"captured|404|422|400",
//	                       "pending_plain","denial":"401|403","expiry":"pending|403","push_lifetime":"5m","request_ids",
//	                       "mobiles":"e164|digits","max_request_from","push_status","not_found_status","clock_offset":"-90s",
//	                       "default":{"does","after"},"limits":{"per_second","per_minute","per_hour"},
//	                       "rate_headers":"minute|hour|none"}
//	POST /control/reset    {}
//
// An answer is 200 {"ok":true}, or an error status with {"error":"…"}. Durations are texts as Go writes them.
package control
