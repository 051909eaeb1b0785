package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	binary, baseline, out, plot string
	dir                         string // temporary
	rounds                      int
	length                      time.Duration
	crowds                      string
	storms                      int
	windows                     int
	only                        string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/ivalt-radius", "the program to measure")
	flag.StringVar(&o.baseline, "baseline", "", "be a bare server: echo, layeh or layeh-signed")
	flag.StringVar(&o.out, "out", "", "write the tables here as well, in Markdown")
	flag.StringVar(&o.plot, "plot", "", "write the plot of cost a login here, as SVG")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each contender; 0: crowds alone")
	flag.DurationVar(&o.length, "length", 2*time.Second, "of a round")
	flag.StringVar(&o.crowds, "crowds", "100,1000,5000,10000,20000", "how many logins wait at once, a run each")
	flag.IntVar(&o.storms, "storms", 3, "rounds of first factors beside waiting logins; 0: none")
	flag.IntVar(&o.windows, "windows", 3, "pairs of rounds without and with the window open; 0: none")
	flag.StringVar(&o.only, "only", "", "just the contenders whose name holds this, and the echo; no crowds")
	flag.Parse()
	if o.baseline != "" { // stopped by signal, as any bare server
		fmt.Fprintln(os.Stderr, "bench:", baseline(o.baseline))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, o options) (err error) {
	if o.dir, err = os.MkdirTemp("", "ivalt-radius-bench-"); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(o.dir) }()
	var first string
	if o.rounds > 0 {
		if first, err = immediate(ctx, o); err != nil {
			return err
		}
	}
	if o.only != "" {
		fmt.Print(first)
		return nil
	}
	second, results, err := waiting(ctx, o)
	if err != nil {
		return err
	}
	third, err := factors(ctx, o)
	if err != nil {
		return err
	}
	fourth, err := attacked(ctx, o)
	if err != nil {
		return err
	}
	fifth, err := watched(ctx, o)
	if err != nil {
		return err
	}
	sixth, err := windowed(ctx, o)
	if err != nil {
		return err
	}
	return report(o, first+second+third+fourth+fifth+sixth, results)
}
