package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/ivalt"
	"ivalt-radius/radius"
	"ivalt-radius/state"
)

// app is a running server. start makes it, close ends it; a test can run one on port 0.
type app struct {
	path string // of the configuration file
	log  *logger

	mu       sync.Mutex // one reload at a time
	settings *config.Settings

	store   *state.Store
	learned *state.Learned
	trail   *audit.Trail
	phone   *ivalt.Service
	flow    *auth.Flow
	server  *radius.Server
	control *controlServer
}

// learnedBucket holds the addresses that once sent a valid Message-Authenticator; learnedMost bounds them.
const (
	learnedBucket = "message_authenticator"
	learnedMost   = 1 << 20
)

// start opens everything that a server needs, in the order of need, and puts it away again where one step fails.
func start(path string, s *config.Settings, r rooms, log *logger) (*app, error) {
	a := &app{path: path, log: log, settings: s}
	for _, step := range []func(rooms) error{a.remember, a.keepTrail, a.callPhone, a.listen, a.openControl} {
		if err := step(r); err != nil {
			_ = a.close()
			return nil, err
		}
	}
	a.note(audit.System{Event: "started", Detail: "version " + version})
	authentication, accounting := a.server.Addrs()
	log.WithFields(map[string]any{
		"version": version, "authentication": texts(authentication), "accounting": texts(accounting), "settings": s.Digest(),
	}).Info("ready")
	return a, nil
}

func (a *app) remember(rooms) (err error) {
	if a.store, err = state.OpenStore(a.settings.State.Directory); err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	if a.learned, err = state.NewLearned(a.store, learnedBucket, learnedMost); err != nil {
		return fmt.Errorf("state.directory: %w", err)
	}
	return nil
}

func (a *app) keepTrail(rooms) (err error) {
	if a.trail, err = audit.Open(a.settings.Audit.File, audit.Options{Logger: a.log}); err != nil {
		return fmt.Errorf("audit.file: %w", err)
	}
	return nil
}

func (a *app) callPhone(r rooms) error {
	phone, faults := ivalt.New(r.ivalt, ivalt.Deps{Recorder: a, Log: a.log})
	if err := faults.Err(); err != nil {
		return err
	}
	a.phone = phone
	a.flow = auth.New(r.rules, auth.Options{
		Pusher: auth.PusherFunc(func(ctx context.Context, p *auth.Push) auth.Answer { return phone.Push(ctx, *p) }), Recorder: a, Now: time.Now, Concluded: func(e audit.Attempt) { a.log.Event(e) },
	})
	return nil
}

func (a *app) listen(r rooms) (err error) {
	a.server, err = radius.Listen(r.radius, radius.Deps{
		Login: a.flow, Recorder: a, Learned: a.learned, Log: a.log, Now: time.Now,
	})
	return err
}

func (a *app) openControl(rooms) (err error) {
	a.control, err = listenControl(a.settings.State.Directory, a.handlers())
	return err
}

// Commit implements auth.Recorder: durable in the trail.
func (a *app) Commit(ctx context.Context, e audit.Event) error { return a.trail.Commit(ctx, e) }

// Note implements auth.Recorder. The trail counts and reports what it cannot keep.
func (a *app) Note(e audit.Event) {
	a.note(e)
	if s, ok := e.(audit.Security); ok {
		a.log.WithFields(map[string]any{
			"event": s.Event, "attempt": s.Attempt, "client": s.Client, "user": s.User,
			"calling_station": s.CallingStation, "detail": s.Detail,
		}).Warn("security event")
	}
}

func (a *app) note(e audit.Event) { _ = a.trail.Post(e) }

// reload swaps the settings, or keeps the last good ones and says why.
func (a *app) reload() {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, r, faults := load(a.path, os.Environ())
	if s != nil {
		faults = append(faults, config.Restart(a.settings, s)...)
	}
	if len(faults.Fatal()) > 0 {
		a.refuse(faults)
		return
	}
	// All three were checked by load; ivalt goes first since it alone reads a file again.
	if found := a.phone.Reload(r.ivalt); len(found.Fatal()) > 0 {
		a.refuse(found)
		return
	}
	if found := a.server.Reload(r.radius); len(found.Fatal()) > 0 {
		a.refuse(found)
		return
	}
	a.flow.Reload(r.rules)
	a.settings = s
	logFaults(a.log, faults.Warnings())
	a.note(audit.Configuration{Event: "reloaded", Digest: s.Digest()})
	a.log.WithField("settings", s.Digest()).Info("reloaded")
}

// refuse says that a reload changed nothing, and why.
func (a *app) refuse(faults fault.List) {
	logFaults(a.log, faults)
	words := make([]string, 0, len(faults))
	for _, f := range faults.Fatal() {
		words = append(words, f.String())
	}
	a.note(audit.Configuration{Event: "reload_refused", Detail: fmt.Sprintf("%d faults", len(words))})
	a.log.WithField("faults", words).Error("reload refused")
}

// logFaults logs each fault and warning on a line of its own.
func logFaults(log *logger, faults fault.List) {
	for _, f := range faults {
		entry := log.WithFields(map[string]any{"key": f.Key, "line": f.Line, "fault": f.String()})
		if f.Warning {
			entry.Warn("setting")
			continue
		}
		entry.Error("setting")
	}
}

// drain admits no new attempt from now on.
func (a *app) drain() {
	a.flow.Drain()
	a.server.Drain()
}

// idle is closed once no login waits for its verdict.
func (a *app) idle() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for a.flow.Waiting() > 0 {
			time.Sleep(drainPause)
		}
	}()
	return done
}

// drainPause is how often a stopping server looks whether the last login has ended; closeWithin bounds the rest.
const (
	drainPause  = 20 * time.Millisecond
	closeWithin = 15 * time.Second
)

// close puts away what start opened, last things first. It may be called on a half-made app.
func (a *app) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	var errs []error
	if a.control != nil {
		a.control.close()
	}
	if a.server != nil {
		errs = append(errs, a.server.Close(ctx))
	}
	if a.phone != nil {
		a.phone.Close()
	}
	if a.trail != nil {
		a.note(audit.System{Event: "stopped", Detail: "version " + version})
		errs = append(errs, a.trail.Close())
	}
	if a.learned != nil {
		errs = append(errs, a.learned.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// trailOf is where the settings keep the trail, for `audit verify --config`.
func trailOf(path string) (string, error) {
	s, faults := config.Load(path, config.Options{Environ: os.Environ()})
	if s == nil || s.Audit.File == "" {
		return "", faults.Err()
	}
	return filepath.Clean(s.Audit.File), nil
}
