// Package answers makes what the iVALT cloud says: the envelope with its texts as they were captured, the gateway's own
// refusals, and every wrong answer that a client has to survive.
//
// It knows no people and no state: an Ask goes in, a Reply comes out. Faults is the catalogue of what may go wrong; each
// entry forges an answer that is as good as the genuine one but for one thing, so that a client which overlooks that one
// thing is found out. A Forged answer also says how it travels: whole, half, or not at all.
package answers
