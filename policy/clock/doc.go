// Package clock knows what the clocks of a zone show, and when.
//
// Two kinds of seconds meet here. An instant is counted from 1970 in UTC. A wall is what a zone's clocks show, counted from
// 1970 as if there were no zones; a day is a wall divided by the seconds of a day, so a civil date.
package clock
