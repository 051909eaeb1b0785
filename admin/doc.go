// Package admin is the operator's window: health, metrics, an API and a web page on `listen.admin`.
//
//	browser, Prometheus, scripts ──> Server ──> health, metrics           whoever may connect
//	                                   │
//	                                   └──> access (who is it, may it) ──> api, page ──> Desk ──> the server's own commands
//
// It knows nothing of the server but through a Desk: what the terminal's commands ask of a running server over its socket, the window asks
// as well, with the same answers, the same evidence and the same words of refusal. Package view has the documents that go over it.
package admin
