// Package measuring makes sources of metrics of a running server's rooms.
//
//	rooms ──> Rooms (small interfaces, any of them may be nil) ──> Sources ──> metrics, at each scrape
//
// What is cheap is asked at each scrape. What reads files, copies much or takes a lock of a login's way is kept for a while: a scrape never
// costs more of it than one look in that time, however many there are who scrape.
package measuring
