package main

import (
	"context"
	"sync"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/keep"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/config"
)

// keeping is the keeper of a trail, at work. The zero keeping is none.
type keeping struct {
	keeper *keep.Keeper
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// start puts a keeper to work until stop, with which the context that it returns ends.
func (k *keeping) start(ctx context.Context, s *config.Settings, trail *audit.Trail, log *logger.Logger) context.Context {
	ctx, k.cancel = context.WithCancel(context.WithoutCancel(ctx))
	k.keeper = keep.New(keep.Settings{Live: s.Audit.File, StateDir: s.State.Directory, Policy: keepPolicy(s)}, trail, log, time.Now)
	k.work.Go(func() { k.keeper.Run(ctx, trail.Rotated(), time.Tick(keep.Every)) })
	return ctx
}

// adopt takes what a reload changes.
func (k *keeping) adopt(s *config.Settings, trail *audit.Trail) {
	trail.Adopt(s.Audit.SegmentSize, s.Audit.Checkpoint)
	k.keeper.Adopt(keepPolicy(s))
}

// stop ends the work: what is being compressed stays as it was.
func (k *keeping) stop() {
	if k.keeper != nil {
		k.cancel()
		k.work.Wait()
	}
}

func keepPolicy(s *config.Settings) keep.Policy {
	return keep.Policy{Archive: s.Audit.Archive, Retention: s.Audit.Retention}
}
