package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"ivalt-radius/radius/radiustest"
)

func main() {
	binary := flag.String("binary", "bin/ivalt-radius", "the program to show")
	stay := flag.Duration("stay", 0, "how long the server and the phone page stay up afterwards")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx, *binary, *stay); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo plays every scene and reports.
func demo(ctx context.Context, binary string, stay time.Duration) (err error) {
	dir, err := os.MkdirTemp("", "ivalt-radius-demo-")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	cast := scenes()
	s, err := open(ctx, binary, dir, cast)
	defer func() {
		if s != nil {
			err = errors.Join(err, s.close())
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err != nil {
		return err
	}
	fmt.Printf("A server on udp %s, a simulated iVALT on http://%s/ (its page is the phone). Six logins:\n\n", s.address, s.cloud)
	play(ctx, s, cast)
	wrong := report(cast)
	if stay > 0 {
		goOn(ctx, s, stay)
	}
	farewell()
	if wrong > 0 {
		return fmt.Errorf("%d logins ended otherwise than they must", wrong)
	}
	return nil
}

// play runs the scenes, side by side but for those that need the stage alone.
func play(ctx context.Context, s *stage, cast []*scene) {
	var together sync.WaitGroup
	for _, c := range cast {
		if !c.alone {
			together.Go(func() { c.play(ctx, s) })
		}
	}
	together.Wait()
	for _, c := range cast {
		if c.alone {
			c.play(ctx, s)
		}
	}
}

func (c *scene) play(ctx context.Context, s *stage) {
	r, err := c.prove(ctx, s, c.user)
	c.got = outcome{took: r.Took, packets: r.Sent, err: err}
	if err != nil {
		return
	}
	c.got.verdict = map[radiustest.Code]string{
		radiustest.AccessAccept: "accept", radiustest.AccessReject: "reject", radiustest.AccessChallenge: "challenge",
	}[r.Code]
	c.got.reason = s.reason(c.user)
	c.got.pushes, c.got.err = s.pushes(ctx, c.user)
}

// report prints the table and counts what is wrong in it.
func report(cast []*scene) (wrong int) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "WHO\tWHAT HAPPENS\tVERDICT\tREASON\tTIME\tPACKETS\tPUSHES\t")
	for _, c := range cast {
		g, mark := c.got, "as it must be"
		if g.err != nil || g.verdict != c.verdict || g.reason != c.reason || g.pushes != c.pushes {
			wrong++
			mark = fmt.Sprintf("WRONG: %s, %s, %d pushes expected", c.verdict, c.reason, c.pushes)
			if g.err != nil {
				mark += fmt.Sprintf(" (%v)", g.err)
			}
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f s\t%d\t%d\t%s\n",
			c.user, c.story, g.verdict, g.reason, g.took.Seconds(), g.packets, g.pushes, mark)
	}
	_ = w.Flush()
	return wrong
}

// goOn keeps everything up for a while, for hands.
func goOn(ctx context.Context, s *stage, stay time.Duration) {
	_ = s.control(ctx, "/control/fault", map[string]any{"clear": true})
	fmt.Printf("\nUp for %s more (Ctrl-C ends it). The phone page: http://%s/\nLog in by hand, and approve on the page:\n\n"+
		"  %s login --server %s --secret file:%s/shared-secret --user zoe --password x --calling-station 203.0.113.9\n",
		stay, s.cloud, s.binary, s.address, s.dir)
	select {
	case <-time.After(stay):
	case <-ctx.Done():
	}
}

// farewell says how to go on without the demo.
func farewell() {
	fmt.Print(`
Go on by hand:
  make demo STAY=10m                       keeps this up for ten minutes, with the phone page open to you
  bin/ivalt-radius simulate                an iVALT of your own; its page is the phone (http://127.0.0.1:8099/)
  bin/ivalt-radius init --dir DIR          a first configuration, with ivalt.url to be set to the simulator's address
  bin/ivalt-radius login --help            plays the gateway
`)
}
