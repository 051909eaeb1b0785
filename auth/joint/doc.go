// Package joint is this node's part in attempts that other nodes may have as well. A login takes a Seat in its attempt, waits there for the
// answer of the node that leads, or leads itself; how it ended is told to the others behind the login's back.
package joint
