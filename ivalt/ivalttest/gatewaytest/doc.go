// Package gatewaytest has what tests of the gateway and of its callers share: iVALT's answers as they came over the wire, and a network for a virtual
// clock. Nothing of it is in the binary.
package gatewaytest
