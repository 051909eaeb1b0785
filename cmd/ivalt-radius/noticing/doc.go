// Package noticing brings the settings `guard.notify` to guard/notify, which tells administrators of incidents, and is the command
// `notify`, which tries the receivers.
package noticing
