// Package guarding puts the parts of guard together for the server: the gate with its blocks, the watch, incidents, the steps that follow
// from them, and notices.
//
//	recorder, radius ──> watch ──> incidents ──> steps: notices, blocks, ended sessions
//	                       └──> whoever is watched closely
package guarding
