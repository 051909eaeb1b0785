// Package rehearsing tries a login without a gateway, step by step: under the rules in force, with a simulator of its own in iVALT's place, or
// with the iVALT of the settings, whose phone rings. It is no login: it lets nobody in, nothing of it is remembered, and no report counts it.
//
//	Rehearsal ──> Stage.Begin ──> evidence ──> auth.Flow of its own ──> (simulator | the server's own ivalt.Service) ──> verdict
//	                                               │ recorder, pusher                     │ calls, by the server's recorder
//	                                               └────────────> steps <─────────────────┘
//
// The gate stands before it as before a login: a password cannot be guessed here, and a phone cannot be made to ring without end.
package rehearsing
