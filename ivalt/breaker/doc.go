// Package breaker keeps a service that fails from being asked in vain, one endpoint at a time, and notices by itself when it works
// again.
//
// An endpoint that failed three times in a row is not asked any more, and one that refused the key or the path not after the
// first time. From then on a probe that names nobody is sent now and then: one request each, one at a time for all endpoints,
// so that an outage of an hour costs a third of what the API allows in one. The first probe that is answered opens the way again,
// before any login had to find out. Counting and states are gobreaker's.
package breaker
