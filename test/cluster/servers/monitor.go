package servers

import (
	"bufio"
	"context"
	"os/exec"
)

// Monitor returns a function that gives what the server was sent since, a line of MONITOR for each command, and ends it.
func (s *Server) Monitor() (stop func() []string) {
	s.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.tb.Cleanup(cancel)
	watch := exec.CommandContext(ctx, "redis-cli", append(s.cli(), "MONITOR")...)
	out, err := watch.StdoutPipe()
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		s.tb.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	if !lines.Scan() {
		s.tb.Fatal("MONITOR says nothing")
	}
	seen := make(chan []string, 1)
	go func() {
		var all []string
		for lines.Scan() {
			all = append(all, lines.Text())
		}
		seen <- all
	}()
	return func() []string {
		cancel()
		all := <-seen
		_ = watch.Wait()
		return all
	}
}
