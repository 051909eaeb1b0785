package redis

import (
	"time"

	"github.com/sirupsen/logrus"
)

// EventKind is what happened to the memory, or between its nodes.
type EventKind uint8

// The kinds. Each is told once when it begins, but for those that say otherwise.
const (
	NoEvent       EventKind = iota
	Unreachable             // the memory cannot be asked: Why
	Reachable               // it can again, For after it could not; For is 0 at the start
	Emptied                 // it was restarted empty, or another one has taken its place: nothing of before is known
	SameName                // several nodes that live have one name: Nodes has it
	SettingsApart           // nodes that live have other settings than this one: Nodes are they
	SettingsAlike           // all have the same again
	Evicts                  // Redis forgets what it likes when its memory is full (maxmemory_policy is Detail): it must be noeviction
	Old                     // Redis is older than 6.2: Detail is its version
	FeedLost                // Count things were not told to the other nodes; once a minute while it lasts
	Unreadable              // Count values could not be opened: another cluster key, or somebody writes there; once a minute while it lasts
)

// Event is for the operator. It is logged, and Options.Changed is told.
type Event struct {
	Kind   EventKind
	Why    error
	For    time.Duration
	Nodes  []string // names
	Count  uint64
	Detail string
}

// message is the log line of a kind.
func (k EventKind) message() string {
	switch k {
	case Unreachable:
		return "the shared memory cannot be asked: logins that need a push are refused, or are this node's alone as state.redis.on_failure says"
	case Reachable:
		return "the shared memory answers"
	case Emptied:
		return "the shared memory was restarted empty: every phone is treated as unknown for 330 s"
	case SameName:
		return "two nodes have one name: give each its own state.node"
	case SettingsApart:
		return "nodes have different settings: logins end differently by node"
	case SettingsAlike:
		return "all nodes have the same settings"
	case Evicts:
		return "Redis may evict what it remembers, and then a phone can ring twice: set its maxmemory-policy to noeviction"
	case Old:
		return "Redis is older than 6.2: use 7 or Valkey"
	case FeedLost:
		return "other nodes were not told all that happened here"
	case Unreadable:
		return "what other nodes wrote cannot be opened: do all have the same state.redis.cluster_key?"
	case NoEvent:
	}
	return "nothing happened to the shared memory"
}

// level is Info for what ends well.
func (k EventKind) level() logrus.Level {
	switch k {
	case Reachable, SettingsAlike:
		return logrus.InfoLevel
	case Unreachable, Emptied, SameName, Evicts:
		return logrus.ErrorLevel
	case NoEvent, SettingsApart, Old, FeedLost, Unreadable:
	}
	return logrus.WarnLevel
}

// tell logs events and hands them on.
func (e *Engine) tell(events ...Event) {
	for _, ev := range events {
		fields := logrus.Fields{}
		if ev.Why != nil {
			fields["why"] = ev.Why.Error()
		}
		if ev.For > 0 {
			fields["for"] = ev.For.Round(time.Millisecond).String()
		}
		if len(ev.Nodes) > 0 {
			fields["nodes"] = ev.Nodes
		}
		if ev.Count > 0 {
			fields["count"] = ev.Count
		}
		if ev.Detail != "" {
			fields["redis"] = ev.Detail
		}
		e.events.Lock()
		if e.options.Log != nil {
			e.options.Log.WithFields(fields).Log(ev.Kind.level(), ev.Kind.message())
		}
		if e.options.Changed != nil {
			e.options.Changed(ev)
		}
		e.events.Unlock()
	}
}
