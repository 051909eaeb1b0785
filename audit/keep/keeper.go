package keep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/segment"
	"ivalt-radius/fault"
)

// Every is how often a server looks for segments that are old enough to go.
const Every = time.Hour

// Committer makes an event durable; audit.Trail is one.
type Committer interface {
	Commit(ctx context.Context, e audit.Event) error
}

// Settings are a Keeper's.
type Settings struct {
	Live     string // the trail's file
	StateDir string // where the holds are
	Policy   Policy
}

// Policy is what a reload may change.
type Policy struct {
	Archive   string        // the directory that old segments are moved to; empty: they are removed
	Retention time.Duration // 0: nothing ever goes
}

// Check says what is wrong with the settings' archive.
func Check(live, archive string) (faults fault.List) {
	if archive == "" {
		return nil
	}
	if there, err := sameDirectory(filepath.Dir(live), archive); err == nil && there {
		faults.Add("audit.archive", "is the directory of audit.file: name another, or none to have old segments removed")
	}
	return faults
}

// Keeper looks after the segments of one trail. Run is its one goroutine; Adopt may be called at any time.
type Keeper struct {
	settings Settings
	trail    Committer
	log      logrus.FieldLogger
	now      func() time.Time

	mu     sync.Mutex
	policy Policy

	holds sync.Mutex              // from a look at the holds until the segment has gone
	work  sync.Mutex              // over the segments, and what is below
	lasts map[string]chain.Record // last records of segments, which it takes a whole reading to find
	told  map[string]bool         // segments of which the log has said that they are held
}

// New makes a Keeper that says in the trail what it does.
func New(s Settings, trail Committer, log logrus.FieldLogger, now func() time.Time) *Keeper {
	return &Keeper{settings: s, policy: s.Policy, trail: trail, log: log, now: now, lasts: map[string]chain.Record{}, told: map[string]bool{}}
}

// Adopt takes a policy anew, for whatever is looked at from now on.
func (k *Keeper) Adopt(p Policy) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.policy = p
}

// Run compresses when a file of the trail has ended, and looks for old ones at once and with each tick, until ctx ends. What it
// cannot do it logs, and tries again with the next tick.
func (k *Keeper) Run(ctx context.Context, rotated <-chan struct{}, tick <-chan time.Time) {
	k.complain(ctx, errors.Join(k.Compress(ctx), k.Keep(ctx)))
	for {
		select {
		case <-ctx.Done():
			return
		case <-rotated:
			k.complain(ctx, k.Compress(ctx))
		case <-tick:
			k.complain(ctx, errors.Join(k.Compress(ctx), k.Keep(ctx)))
		}
	}
}

func (k *Keeper) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		k.log.WithError(err).Error("audit segments cannot be looked after")
	}
}

// Lock implements sync.Locker: the Keeper does nothing with the segments until Unlock.
func (k *Keeper) Lock() {
	k.work.Lock()
	clear(k.lasts) // whatever is done to them now
}

// Unlock implements sync.Locker.
func (k *Keeper) Unlock() { k.work.Unlock() }

// Holds is to be held by whoever places a hold: a segment that it covers is gone then, as the trail says, or stays. It waits for one
// segment at most.
func (k *Keeper) Holds() sync.Locker { return &k.holds }

// Compress compresses the segments that are not yet.
func (k *Keeper) Compress(ctx context.Context) error {
	k.work.Lock()
	defer k.work.Unlock()
	files, err := segment.List(k.settings.Live, "")
	for _, f := range files {
		if !f.Live() && !f.Compressed {
			err = errors.Join(err, segment.Compress(ctx, f.Path))
		}
	}
	return err
}

// Keep archives or removes each segment whose newest record is older than the retention and that no hold covers. What is removed goes
// in order: behind a segment that stays all stay, since the last removal vouches for the trail's beginning. The error names what
// cannot be judged or moved: that stays.
func (k *Keeper) Keep(ctx context.Context) error {
	k.work.Lock()
	defer k.work.Unlock()
	k.mu.Lock()
	policy := k.policy
	k.mu.Unlock()
	if policy.Retention <= 0 {
		return nil
	}
	if _, err := Holds(k.settings.StateDir); err != nil {
		return fmt.Errorf("no segment is taken away: %w", err)
	}
	files, err := segment.List(k.settings.Live, "")
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		if ctx.Err() != nil {
			break
		}
		if f.Live() {
			continue
		}
		stays, err := k.judge(ctx, f, policy)
		if err != nil {
			errs = append(errs, fmt.Errorf("the segment %s stays: %w", filepath.Base(f.Path), err))
		}
		if stays && policy.Archive == "" {
			break // with a hole behind it, nobody would miss it
		}
	}
	return errors.Join(errs...)
}

// judge takes one segment away where it is old enough; it reports one that stays.
func (k *Keeper) judge(ctx context.Context, f segment.File, policy Policy) (stays bool, err error) {
	cutoff := k.now().Add(-policy.Retention)
	first, err := f.FirstRecord()
	if err != nil {
		return true, err
	}
	if !first.Time.Before(cutoff) {
		return true, nil // and so is its last record, which takes long to find
	}
	last, err := k.last(f)
	if err != nil {
		return true, err
	}
	if first.Began() != f.First || last.Seq != f.Last {
		return true, errors.New("its records are not those that its name says")
	}
	if !last.Time.Before(cutoff) {
		return true, nil
	}
	k.holds.Lock()
	defer k.holds.Unlock()
	holds, err := Holds(k.settings.StateDir) // one may be new
	if err != nil || k.held(f, first.Time, last.Time, holds) {
		return true, err
	}
	if err := k.takeAway(ctx, f, last, policy); err != nil {
		return true, err
	}
	delete(k.lasts, f.Path)
	return false, nil
}

// last is the last record of a segment, remembered: a segment that is held is looked at each time.
func (k *Keeper) last(f segment.File) (chain.Record, error) {
	if r, ok := k.lasts[f.Path]; ok {
		return r, nil
	}
	last, err := f.LastRecord()
	if err != nil {
		return chain.Record{}, err
	}
	k.lasts[f.Path] = last.Record
	return last.Record, nil
}

// held reports that a hold covers a segment, and says so once.
func (k *Keeper) held(f segment.File, from, to time.Time, holds []Hold) bool {
	for _, h := range holds {
		if !h.Covers(from, to) {
			continue
		}
		if !k.told[f.Path] {
			k.told[f.Path] = true
			k.log.WithField("file", filepath.Base(f.Path)).WithField("hold", h.Name).Info("audit segment stays: a hold covers it")
		}
		return true
	}
	delete(k.told, f.Path)
	return false
}
