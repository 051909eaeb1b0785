package radius

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// errStopReading is what a reader gets when Close tells it to stop.
var errStopReading = os.ErrDeadlineExceeded

// afterCancel is how long Close waits for logins once it has cancelled them.
const afterCancel = 2 * time.Second

// Drain makes Status-Server go unanswered, so that the NAS turns to another server. Retries of waiting logins, and accounting,
// are served until Close; that no new attempt begins is auth's part.
func (s *Server) Drain() { s.draining.Store(true) }

// Close stops reading, serves what is queued, sends delayed Rejects at once and waits for the exchanges that run. When ctx
// ends first it cancels them, waits two seconds more and returns ctx's error. Then it closes the sockets. A second call returns nil.
func (s *Server) Close(ctx context.Context) error {
	var err error
	s.closing.Do(func() { err = s.close(ctx) })
	return err
}

func (s *Server) close(ctx context.Context) error {
	s.Drain()
	if err := s.stopReading(); err != nil {
		return err
	}
	s.flush()
	err := s.settle(ctx)
	s.cancel()
	s.drops.close()
	return errors.Join(err, s.closeSockets())
}

// stopReading ends the readers, and the workers once they have served what is queued.
func (s *Server) stopReading() (err error) {
	s.stopped.Do(func() {
		for _, k := range s.sockets {
			err = errors.Join(err, k.StopReading())
		}
		if err == nil {
			s.readers.Wait()
			close(s.queue)
			s.workers.Wait()
		}
	})
	return err
}

// settle waits for the exchanges that run.
func (s *Server) settle(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	select {
	case <-done:
	case <-time.After(afterCancel):
	}
	return fmt.Errorf("waiting for logins to end: %w", context.Cause(ctx))
}
