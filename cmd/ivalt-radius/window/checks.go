package window

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"ivalt-radius/admin/health"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/host"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/radius"
)

// Looked are the parts of the server that checks look at. All of it is required.
type Looked struct {
	Standing  *Standing
	Radius    func() radius.Pulse
	Outages   func() []standing.Shut // endpoints of iVALT that are not asked
	Scheduler func()                 // returns once iVALT's scheduler was free for a moment
	State     func() error           // why it cannot be read or written
	Trail     Trail
	Memory    func() (gone, alone bool, why string, shared bool) // of several nodes; see sharing.Standing
	Space     func(directory string) doctor.Fact[doctor.Space]   // nil: the kernel's word
	Now       func() time.Time
}

// Trail is what is looked at of the audit trail; audit's is one.
type Trail interface {
	Failing() error
	Durable() (seq uint64)
}

// ready are the checks of /readyz: what a login needs.
func (l Looked) ready(s *config.Settings) []health.Probe {
	return []health.Probe{
		{Name: "draining", Look: l.draining},
		{Name: "sockets", Look: l.sockets},
		{Name: "ivalt", Look: l.ivalt},
		{Name: "directories", Look: l.directories},
		{Name: "state", Look: func(context.Context) (bool, string) { return failing(l.State(), "can be read and written") }},
		{Name: "trail", Look: l.trail},
		{Name: "disk", Look: l.disk(s)},
		{Name: "memory", Look: l.memory},
		{Name: "settings", Look: l.settings},
	}
}

// alive are the loops that must not hang: systemd's watchdog is fed while they do not.
func (l Looked) alive() []health.Probe {
	w := &workers{look: l.Radius, now: l.Now}
	return []health.Probe{
		{Name: "radius", Look: w.alive},
		{Name: "ivalt_scheduler", Look: func(context.Context) (bool, string) { l.Scheduler(); return true, "" }},
		{Name: "trail_writer", Look: l.writer},
	}
}

func failing(err error, well string) (ok bool, note string) {
	if err != nil {
		return false, err.Error()
	}
	return true, well
}

func (l Looked) draining(context.Context) (ok bool, note string) {
	if l.Standing.Draining() {
		return false, "the server is stopping: it admits no new login"
	}
	return true, ""
}

func (l Looked) sockets(context.Context) (ok bool, note string) {
	p := l.Radius()
	return p.Reading == p.Sockets, fmt.Sprintf("%d of %d are read", p.Reading, p.Sockets)
}

func (l Looked) ivalt(context.Context) (ok bool, note string) {
	var shut []string
	for _, s := range l.Outages() {
		shut = append(shut, s.Endpoint.String()+": "+s.Why)
	}
	if len(shut) > 0 {
		return false, "iVALT is not asked, but for a probe each 10 s: " + strings.Join(shut, "; ")
	}
	return true, "every endpoint is asked"
}

// directories fails where a source has no server that answered when it was last asked. Nobody is asked for it.
func (l Looked) directories(context.Context) (ok bool, note string) {
	ok = true
	var notes []string
	for _, s := range l.Standing.sources.Load().Standings() {
		if s.Failed == 0 {
			continue
		}
		ok = ok && s.Failed < s.All
		notes = append(notes, fmt.Sprintf("%s: %d of %d servers failed when they were last asked", s.Name, s.Failed, s.All))
	}
	return ok, strings.Join(notes, "; ")
}

// slow is for how long the trail's writer may leave a record unanswered. While a disk hangs longer nobody is let in.
const slow = 30 * time.Second

// writer sees whether the trail's writer gets on.
func (l Looked) writer(context.Context) (ok bool, note string) {
	l.Standing.wrote(l.Trail.Durable())
	if waits := l.Standing.Records.Waits(l.Now()); waits > slow {
		return false, fmt.Sprintf("no record was written for %d s, though a login waits for it: look at the disk of audit.file", int(waits/time.Second))
	}
	return true, ""
}

func (l Looked) trail(ctx context.Context) (ok bool, note string) {
	if ok, note := l.writer(ctx); !ok {
		return false, note
	}
	return failing(l.Trail.Failing(), "is written")
}

// little is when a disk is worth a word.
const little = 1 << 30

// disk looks at the file systems of the state and of the trail, which may be one.
func (l Looked) disk(s *config.Settings) func(context.Context) (bool, string) {
	space := l.Space
	if space == nil {
		space = host.Space
	}
	return func(context.Context) (ok bool, note string) {
		ok = true
		var notes []string
		for _, at := range [][2]string{{"state.directory", s.State.Directory}, {"audit.file", filepath.Dir(s.Audit.File)}} {
			key, seen := at[0], space(at[1])
			switch free := seen.Value.Free; {
			case !seen.Known:
				ok = false
				notes = append(notes, key+": "+seen.Why)
			case free < doctor.LeastFree:
				ok = false
				notes = append(notes, fmt.Sprintf("%s: %d MiB are free: make room, or nobody can log in", key, free>>20))
			case free < little:
				notes = append(notes, fmt.Sprintf("%s: %d MiB are free", key, free>>20))
			}
		}
		return ok, strings.Join(notes, "; ")
	}
}

func (l Looked) memory(context.Context) (ok bool, note string) {
	switch gone, alone, why, shared := l.Memory(); {
	case !shared:
		return true, "this node is alone"
	case gone && alone:
		return true, "INSECURE: it cannot be asked (" + why + "), and this node goes on by itself"
	case gone:
		return false, "it cannot be asked (" + why + "): see ivalt-radius nodes"
	}
	return true, "is in reach"
}

// settings never fails: those in force are sound.
func (l Looked) settings(context.Context) (ok bool, note string) {
	if why := l.Standing.refused.Load(); why != nil {
		return true, *why
	}
	return true, ""
}

// workers sees whether those who serve datagrams get on.
type workers struct {
	look func() radius.Pulse
	now  func() time.Time

	mu     sync.Mutex
	served uint64
	since  time.Time // when it was first seen that served stood still, though datagrams wait; zero: it does not
}

// stuck is for how long no datagram may be served while some wait. One takes microseconds.
const stuck = 10 * time.Second

func (w *workers) alive(context.Context) (ok bool, note string) {
	p, now := w.look(), w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Queued == 0 || p.Served != w.served {
		w.served, w.since = p.Served, time.Time{}
		return true, ""
	}
	if w.since.IsZero() {
		w.since = now
	}
	waits := now.Sub(w.since)
	return waits < stuck, fmt.Sprintf("%d datagrams wait, and none was served for %d s", p.Queued, int(waits/time.Second))
}
