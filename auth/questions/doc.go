// Package questions keeps what a server must know when the answer to an Access-Challenge comes: one value for each open question, by a
// State that is drawn by lot, good once, and ends.
package questions
