// Package stage is what auth asks the gate, and what the gate says: how far a login has come, who asks, and whether it may go on.
package stage
