package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/upgrading"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

// Bounds of an upgrade: how long answers that are on their way may take, and how long putting everything away.
const (
	callsWithin   = 3 * time.Second
	answersWithin = 5 * time.Second
	awayWithin    = 3 * time.Second
)

// succession is how this process came to its place, and how it leaves it.
type succession struct {
	left    *upgrading.Left     // what was left for it; nil: nothing
	from    *upgrading.Document // what the process before knew; nil: nothing
	program string              // our own path
	memory  *cluster.Memory     // of the phones; nil: the nodes have one
	budget  atomic.Pointer[state.Budget]
	wanted  chan string // the token of who asked for an upgrade
	serving atomic.Pointer[upgrading.Serving]
	leaving atomic.Bool
}

var errUpgrading = errors.New("an upgrade is under way")

// succeed takes what the process before left. Of a document that cannot be read nothing is taken: its logins end with their deadlines.
func succeed(left *upgrading.Left) (*succession, error) {
	s := &succession{left: left, wanted: make(chan string, 1)}
	s.program, _ = os.Executable()
	var err error
	s.from, err = left.Document()
	s.memory = cluster.NewMemory(nil)
	if err == nil && s.from != nil && s.from.Phones != nil {
		s.memory, err = cluster.Restored(*s.from.Phones, nil)
	}
	now := &upgrading.Serving{Version: version}
	if s.from != nil {
		now.Token, now.From, now.Waiting, now.Why = s.from.Token, s.from.Version, len(s.from.Logins.Attempts), left.Why
	}
	s.serving.Store(now)
	return s, err
}

// upgrades serves the running server's side of `upgrade`.
func (a *app) upgrades(mux *http.ServeMux) {
	control.Serve(mux, upgrading.PathVersion, func(context.Context, string, struct{}) (upgrading.Serving, error) { return *a.serving.Load(), nil })
	control.Serve(mux, upgrading.PathUpgrade, func(ctx context.Context, _ string, _ struct{}) (upgrading.Serving, error) {
		next, err := a.preflight(ctx)
		if err != nil {
			return upgrading.Serving{}, err
		}
		begun := upgrading.Serving{Version: next, From: version, Token: rand.Text()}
		select {
		case a.wanted <- begun.Token:
			return begun, nil
		default:
			return upgrading.Serving{}, errUpgrading
		}
	})
}

// preflight tries the program at our path. A refusal is on record.
func (a *app) preflight(ctx context.Context) (next string, err error) {
	next, err = upgrading.Preflight(ctx, a.program, a.path)
	if err == nil {
		err = a.look().Faults.Err()
	}
	if err != nil {
		a.Note(audit.System{Event: "upgrade_refused", Detail: err.Error()})
		a.log.WithError(err).Error("upgrade refused: version " + version + " goes on")
	}
	return next, err
}

// upgrade replaces this process by the program at our path. It returns where that is refused, or where nothing can be executed any more.
func (a *app) upgrade(ctx context.Context, s signals, token string) error {
	if token == "" {
		if _, err := a.preflight(ctx); err != nil {
			return nil // this one goes on, and has said why
		}
		token = rand.Text()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.supervisor.Reloading()
	a.log.WithField("waiting", a.flow.Waiting()).Info("upgrading")
	d, sockets, err := a.leave(ctx)
	d.Token, d.Version, d.Args = token, version, os.Args
	err = errors.Join(err, a.close(ctx))
	if err != nil {
		a.log.WithError(err).Warn("the server was not put away cleanly")
	}
	runtime.LockOSThread()
	if err := upgrading.Hush(unix.SIGUSR2); err != nil {
		a.log.WithError(err).Warn("a signal may be lost")
	}
	d.Stop, d.Reload = len(s.stop) > 0, len(s.reload) > 0
	p := upgrading.Plan{Args: os.Args, Sockets: sockets}
	return p.Replace(a.program, d)
}

// leave has everybody who waits go on in the next process, and gives what that needs.
func (a *app) leave(ctx context.Context) (d *upgrading.Document, sockets []int, err error) {
	a.leaving.Store(true)
	err = a.server.Pause()
	calls, cancel := context.WithTimeout(context.WithoutCancel(ctx), callsWithin)
	defer cancel()
	if !a.phone.Pause(calls) {
		a.log.Warn("iVALT has not answered yet: what it would have said is asked for again")
	}
	a.flow.Leave(calls)
	answers, done := context.WithTimeout(context.WithoutCancel(ctx), answersWithin)
	defer done()
	d = &upgrading.Document{Exchanges: a.server.Leave(answers)}
	a.phone.Close()
	d.Logins = a.flow.Carried()
	if a.sharing == nil {
		phones := a.memory.Carry()
		d.Phones = &phones
		if b := a.succession.budget.Load(); b != nil {
			spent := b.Spent()
			d.Spent = &spent
		}
	}
	sockets, failed := a.server.Sockets()
	return d, sockets, errors.Join(err, failed)
}

// upgraded says who serves now, in the place of whom, and lets go of what was left.
func (a *app) upgraded() {
	now := a.serving.Load()
	a.left.Done()
	fields := logrus.Fields{"version": version, "from": now.From, "waiting": now.Waiting}
	switch {
	case a.from == nil:
	case now.Why != "":
		a.Note(audit.System{Event: "upgrade_refused", Detail: now.Why})
		a.log.WithFields(fields).WithField("why", now.Why).Error("upgrade failed: the version before serves again")
	default:
		a.Note(audit.System{Event: "upgraded", Detail: "version " + now.From + " -> " + version + ", " + count.Of(now.Waiting, "login") + " waiting"})
		a.log.WithFields(fields).Info("upgraded")
	}
}

// spending is the budget of a node that is alone, with what the process before has spent.
func (a *app) spending(l state.Limits) state.Allowance {
	b := state.NewBudget(l, nil)
	if a.succession.budget.Swap(b) == nil && a.from != nil && a.from.Spent != nil {
		b.Resume(*a.from.Spent)
	}
	return b
}

// carried is what the process before knew; empty where there was none.
func (s *succession) carried() *upgrading.Document {
	if s.from == nil {
		return &upgrading.Document{}
	}
	return s.from
}

// back has the program before serve again, where there is one.
func (s *succession) back(why string) {
	if s != nil {
		s.left.Back(why)
	}
}

// said sends on the signals that came while nobody listened.
func (s *succession) said(to signals) {
	if s.from == nil {
		return
	}
	if s.from.Stop {
		to.stop <- unix.SIGTERM
	}
	if s.from.Reload {
		to.reload <- unix.SIGHUP
	}
}
