// Package report says what a trail's records mean: how many logins there were and how they ended, what looks like an attack or like
// trouble, how long people take to approve, and how long each NAS waits for them.
//
// An Aggregator is fed with one record after the other and keeps counts, never records: what it holds is bounded, whatever the trail
// holds. Names and addresses are counted one by one up to mostNames of each; where there are more, those that did least are counted
// together ("others"), so that a flood of names does not hide who did most. Times are counted in steps: see Times.
//
// Every number that makes a finding is a constant in thresholds.go.
package report
