// Package remedy keeps what an operator can do about dropped packets until there is a line in the log for it.
//
//	drop -> Queue.Offer    a client, an advice and an address once a minute; bounded, each advice apart
//	line -> Queue.Next     the advices in turn, so that none hides another
//
// The log's own bound of one line a second is package radius's.
package remedy
