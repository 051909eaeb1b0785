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
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/ivalt-radius", "the program to measure")
	flag.StringVar(&o.baseline, "baseline", "", "be a bare server: echo, layeh or layeh-signed")
	flag.StringVar(&o.out, "out", "", "write the tables here as well, in Markdown")
	flag.StringVar(&o.plot, "plot", "", "write the plot of cost a login here, as SVG")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each contender")
	flag.DurationVar(&o.length, "length", 2*time.Second, "of a round")
	flag.StringVar(&o.crowds, "crowds", "100,1000,5000,10000,20000", "how many logins wait at once, a run each")
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
	first, err := immediate(ctx, o)
	if err != nil {
		return err
	}
	second, results, err := waiting(ctx, o)
	if err != nil {
		return err
	}
	return report(o, first+second, results)
}
