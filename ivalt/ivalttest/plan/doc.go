// Package plan counts calls over sliding windows: a usage plan that refuses those over its limits, as the gateway before the
// real API does, and the peaks that a client really came to.
//
// It knows no HTTP and no clock of its own. Memory is bounded: by the largest limit, and by a million calls.
package plan
