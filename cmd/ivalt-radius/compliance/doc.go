// Package compliance is the command `compliance`: it gathers what package audit/compliance wants to know of this installation (settings,
// files, the trail, the running server, the machine), and shows the answer as text, JSON or one HTML page.
//
// It changes nothing but the trail, which records the look at it before anything is shown.
package compliance
