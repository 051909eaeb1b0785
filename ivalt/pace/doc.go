// Package pace says when a poll for a waiting login is worth its request.
//
// Polls are what an API budget is spent on: too many and the next login is refused, too few and somebody stares at a
// spinning wheel. So a poll leaves when it is worth its price. What it is worth is the waiting that it ends: Times is what
// is known of how long people take to approve, and Worth the seconds that an approval has been lying unseen by now, on
// average, given that none was there at the last look. What it costs is Price, seconds too: a fraction of one while the
// budget is idle, more and more as its windows fill. One rule serves both the quiet evening and the Monday morning, and
// nothing switches between modes. docs/ivalt.md shows it beside a rule with two modes and beside fixed intervals.
//
// For a login whose person never answers the worth of a further poll sinks as time goes by, so its polls grow sparse by
// themselves.
//
// Times are learned: for the server from every answer, and for a person once there are enough of their own. They begin with
// what public material suggests (log-normal, median 7 s), which is no measurement of the live service.
//
// Everything here is pure but Learner, which its user guards.
package pace
