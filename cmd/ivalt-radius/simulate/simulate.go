package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/control"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

// simulation is what the flags of `simulate` say.
type simulation struct {
	listen, apiKey          string
	does, pending           string
	approveAfter            time.Duration
	people                  []string
	manual, sticky, keep    bool
	limits                  bool
	pushStatus              int
	anywhere, anyoneMayPlay bool

	dialect       habit.Dialect
	denial        habit.Denial
	expiry        habit.Expiry
	clockOffset   time.Duration
	signingSecret string
	requestIDs    bool
}

// NewCommand is `simulate`.
func NewCommand() *cobra.Command {
	var s simulation
	cmd := &cobra.Command{
		Use:   "simulate [--listen HOST:PORT] [--approve-after 3s]",
		Short: "An iVALT cloud for rehearsal, with a web page that is the phone",
		Long: "Answers the iVALT API the way the real cloud does, so that a login can be rehearsed without a phone. Whoever is asked\n" +
			"for is enrolled on the spot. With --approve-after everybody approves by themselves; without, you are the phone, on\n" +
			"the page that is printed. People who do something else are named with --person. Where nobody knows what the real\n" +
			"cloud does there is a flag, or an option of the JSON control endpoint under /control/, which injects faults too.\n" +
			"With --dialect laravel beware: /admin/public/api/biometric-geo-fence-auth-results submits a result there, and the\n" +
			"state counts who writes to it. Runs until it is interrupted.",
		Example: "  ivalt-radius simulate --approve-after 3s\n" +
			"  ivalt-radius simulate --person email=eve@example.com,does=deny,after=2s --person email=bob@example.com,next=deny@1s,does=approve,after=4s",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := s.cloud()
			if err != nil {
				return exit.UsageError(cmd, err)
			}
			if err := s.checkListen(); err != nil {
				return exit.UsageError(cmd, err)
			}
			return s.run(cmd, s.playable(cloud))
		},
	}
	s.addFlags(cmd)
	return cmd
}

func (s *simulation) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:8099", "where to listen; port 0 takes a free one")
	f.DurationVar(&s.approveAfter, "approve-after", 0, "everybody approves this long after the push; unset: you approve on the page")
	f.StringVar(&s.does, "does", "", "what everybody does who is not a --person: "+behaviours()+" (default manual)")
	f.BoolVar(&s.manual, "manual", false, "everybody waits for the page, as without --approve-after")
	f.StringArrayVar(&s.people, "person", nil, "email=…,mobile=+…,does=BEHAVIOUR,after=3s,next=BEHAVIOUR[@AFTER],second=+…,status=inactive; repeatable")
	f.StringVar(&s.apiKey, "api-key", "", "the only x-api-key to accept (default: any)")
	f.BoolVar(&s.sticky, "sticky", false, "a result can be read again and again")
	f.BoolVar(&s.keep, "keep-results", false, "a push leaves an older result readable")
	f.StringVar(&s.pending, "pending", "captured", "the status while nobody has answered: captured, 404, 422, 400")
	f.IntVar(&s.pushStatus, "push-status", http.StatusOK, "the status of a sent push: 200, 201, 202")
	f.BoolVar(&s.limits, "limits", false, "hold the documented limits: 20/s, 100/min, 1000/h")
	s.addUnknowns(f)
	f.BoolVar(&s.anywhere, "insecure-listen-anywhere", false, "allow an address that other machines reach")
	f.BoolVar(&s.anyoneMayPlay, "insecure-control-anywhere", false, "let other machines open the phone page and approve")
}

// addUnknowns adds the flags for what nobody knows of the real cloud, beside those that are there already.
func (s *simulation) addUnknowns(f *pflag.FlagSet) {
	f.TextVar(&s.dialect, "dialect", habit.Gateway, "the paths that are answered: gateway, laravel (bare and under /admin/public/api), both")
	f.TextVar(&s.denial, "denial", habit.Denial401, "the status of a person's no: 401, 403")
	f.TextVar(&s.expiry, "expiry", habit.ExpiryPending, "what is said of a push after 5 minutes: pending, as before, or 403")
	f.DurationVar(&s.clockOffset, "clock-offset", 0, "how far the cloud's clock is ahead, as in 90s or -90s")
	f.BoolVar(&s.requestIDs, "request-ids", false, "a push and its result carry a request_id, as only documents have it")
	f.StringVar(&s.signingSecret, "signing-secret", "", "32 characters or more: calls must be signed with it, as for a proxy of your own")
}

func behaviours() string {
	var words []string
	for _, b := range ivalttest.Behaviours() {
		words = append(words, b.String())
	}
	return strings.Join(words, ", ")
}

// cloud makes what the flags describe.
func (s *simulation) cloud() (*ivalttest.Cloud, error) {
	o := ivalttest.Options{
		APIKey: secret.New(s.apiKey), Sticky: s.sticky, KeepResults: s.keep, PushStatus: s.pushStatus,
		Dialect: s.dialect, Denial: s.denial, Expiry: s.expiry, ClockOffset: s.clockOffset, RequestIDs: s.requestIDs,
		SigningSecret: secret.New(s.signingSecret), CountPeaks: true,
	}
	var err error
	if o.Default, err = s.everybody(); err != nil {
		return nil, err
	}
	if o.Pending, err = ivalttest.ParsePending(s.pending); err != nil {
		return nil, fmt.Errorf("--pending: %w", err)
	}
	if s.limits {
		o.Limits = ivalttest.DocumentedLimits()
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	cloud := ivalttest.New(o)
	for _, text := range s.people {
		p, err := ivalttest.ParsePerson(text)
		if err != nil {
			return nil, fmt.Errorf("--person %s: %w", text, err)
		}
		cloud.Set(p)
	}
	return cloud, nil
}

// playable puts the phone page before the cloud.
func (s *simulation) playable(cloud *ivalttest.Cloud) http.Handler {
	reach := control.ThisMachine
	if s.anyoneMayPlay {
		reach = control.InsecureAnywhere
	}
	return control.New(cloud, reach)
}

// everybody is what people do who are not named.
func (s *simulation) everybody() (ivalttest.Step, error) {
	switch {
	case s.approveAfter < 0:
		return ivalttest.Step{}, errors.New("--approve-after is below zero")
	case s.manual && (s.approveAfter > 0 || s.does != ""), s.approveAfter > 0 && s.does != "":
		return ivalttest.Step{}, errors.New("only one of --approve-after, --manual and --does says what everybody does")
	case s.approveAfter > 0:
		return ivalttest.Step{Behaviour: ivalttest.Approve, After: s.approveAfter}, nil
	case s.does == "":
		return ivalttest.Step{Behaviour: ivalttest.Manual}, nil
	}
	b, err := ivalttest.ParseBehaviour(s.does)
	if err != nil {
		return ivalttest.Step{}, fmt.Errorf("--does: %w", err)
	}
	step := ivalttest.Step{Behaviour: b}
	if b != ivalttest.Late {
		step.After = 3 * time.Second // a human's pace: an approval at once counts as stale
	}
	return step, nil
}

// checkListen keeps the simulator, which lets anybody approve anything, on this machine.
func (s *simulation) checkListen() error {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return fmt.Errorf("--listen: %q is no HOST:PORT", s.listen)
	}
	addr, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && addr.Unmap().IsLoopback() || s.anywhere {
		return nil
	}
	return fmt.Errorf("--listen: %q can be reached from other machines, and whoever reaches the simulator can approve logins; "+
		"use a loopback address, or --insecure-listen-anywhere", s.listen)
}

// run serves until the command's context ends or a signal comes.
func (s *simulation) run(cmd *cobra.Command, cloud http.Handler) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{
		Handler: cloud, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, // a stalled answer ends with the simulator
	}
	s.greet(cmd.OutOrStdout(), "http://"+listener.Addr().String())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close() // those still connected have had their time
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// greet says where the phone is and what to write into the settings.
func (s *simulation) greet(out io.Writer, url string) {
	key := "any 32 characters or more of [A-Za-z0-9_-], as `openssl rand -hex 32` prints; no placeholder"
	if s.apiKey != "" {
		key = "the one given with --api-key"
	}
	more := ""
	if s.dialect == habit.Laravel {
		more += "    dialect: laravel\n"
	}
	if s.signingSecret != "" {
		more += "    signing_secret: …   # the one given with --signing-secret\n"
	}
	_, _ = fmt.Fprintf(out, "A rehearsal of the iVALT cloud is running. Nothing reaches a real phone.\n\n"+
		"  the phone    %s/\n"+
		"  state        %s/control/state\n\n"+
		"Settings of ivalt-radius that use it:\n\n"+
		"  ivalt:\n"+
		"    url: %s\n"+
		"    api_key: …   # %s\n%s\n"+
		"Interrupt (Ctrl-C) to stop.\n", url, url, url, key, more)
}
