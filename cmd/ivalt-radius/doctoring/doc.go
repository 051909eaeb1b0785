// Package doctoring is `doctor`: it gathers what package doctor judges, prints the findings, and packs them for support.
//
// It changes nothing: no state is opened, no key is made, no record is written, but for the one that says that a bundle was made. What it reads of the
// trail it counts, and shows nobody's record; so the reading is not recorded, and a bundle is.
//
//	doctoring.go  the command
//	gather.go     facts of the settings, the files and this host
//	asking.go     facts that others must be asked for: DNS, iVALT, the sources of the first factor
//	trail.go      facts of the trail
//	page.go       the findings for a person
//	bundle.go     the archive for support; hiding.go is what it leaves out
package doctoring
