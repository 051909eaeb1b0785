// Package vocabulary lists the words that stand in the trail's `event` and `action`, with what each means and what to do. The docs
// are made from it, and a test finds words of the code that it lacks.
package vocabulary
