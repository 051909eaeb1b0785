// Package rule says what counts for which rule, and how bad it is. Pure: it remembers nothing.
//
//	audit.Event, drop -> Sight      what there is to see of it
//	Sight -> Marks                  for which rules it counts, and against whom
//	rule, count -> SeverityOf       how bad that is
//
// Rules is the table of all of them, from which docs/operations.md tells what to do.
package rule
