// Package model plays random people, attackers, outages and restarts against the real auth.Flow on the real ivalt.Service, in virtual
// time, and judges every Accept by the truth alone: who pressed what on which phone, and when, as the rehearsed cloud knows it, and
// which calls reached that cloud, as the line to it saw them. Nothing that the product itself keeps or says is a witness, but
// the verdicts that are judged.
//
// TestModel draws whole worlds; `make model` draws ten thousand. The scenes are the worst interleavings that an attacker could
// think of, each with its one right end.
//
// Three things are out of what any client of this API can see, and the world leaves them out: an iVALT that itself says "approved"
// without anybody, one that says "nobody has answered yet" while it holds an answer, and pushes that ring though iVALT refused
// them in so many words.
package model
