package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

// Exit codes of `login` besides exit.OK for Accept.
const (
	exitReject    = 1
	exitNoAnswer  = 2
	exitChallenge = 3
)

// loginFlags are the command's flags as written.
type loginFlags struct {
	server, secret, user, password, callingStation, method string
	profile, identifier, from                              string
	timeout                                                time.Duration
	tries                                                  int
	unsigned, acceptUnsigned, json                         bool
	answers                                                []string

	changed func(flag string) bool // nil: none
}

// given reports whether a flag stands on the command line, with whatever value.
func (f *loginFlags) given(flag string) bool { return f.changed != nil && f.changed(flag) }

// NewCommand is `login`.
func NewCommand() *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:   "login --server HOST:PORT --secret S --user U",
		Short: "Play a NAS: one login, with live progress",
		Long: "login asks a RADIUS server as a VPN gateway would, waits for the person's answer on the phone and shows the verdict.\n" +
			"It believes no answer that the shared secret does not prove.\n\n" +
			"An Access-Challenge is answered with the next --answer, else with what is typed on the terminal, in the password's place.\n\n" +
			"Exit code: 0 Access-Accept, 1 Access-Reject, 2 no answer or a local fault, 3 Access-Challenge, left unanswered.\n\n" +
			"What stands on a command line can be read in the list of processes: give the shared secret as env:NAME or file:PATH,\n" +
			"and leave --password out to be asked for it (or to have the first line of standard input read).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return login(cmd, &f) },
	}
	flags := cmd.Flags()
	f.changed = flags.Changed
	flags.StringVar(&f.server, "server", "", "the server's authentication port, HOST:PORT")
	flags.StringVar(&f.secret, "secret", "", "the shared secret: env:NAME, file:PATH, credential:NAME, or the text itself (visible to other users)")
	flags.StringVar(&f.user, "user", "", "the login name")
	flags.StringVar(&f.password, "password", "", "the password (visible to other users); without it you are asked")
	flags.StringVar(&f.callingStation, "calling-station", "", "the person's address, sent as Calling-Station-Id")
	flags.StringVar(&f.method, "method", "pap", "pap, chap or mschapv2")
	flags.StringArrayVar(&f.answers, "answer", nil, "the answer to an Access-Challenge (visible to other users); given again, the answer to the next one")
	flags.BoolVar(&f.unsigned, "no-message-authenticator", false, "leave Message-Authenticator out of the request")
	flags.BoolVar(&f.acceptUnsigned, "insecure-accept-unsigned", false, "take an answer without Message-Authenticator, which can be forged")
	flags.StringVar(&f.profile, "nas", "", "wait and send again as this NAS does: "+strings.Join(loginProfiles(), ", "))
	flags.DurationVar(&f.timeout, "timeout", 0, "how long to wait in all; packets keep their interval (default: the NAS's, else 1m)")
	flags.IntVar(&f.tries, "tries", 0, "how many packets to send in that time, evenly (default: the NAS's, else one every 5 s)")
	flags.StringVar(&f.identifier, "nas-identifier", "ivalt-radius-login", "the NAS-Identifier to send")
	flags.StringVar(&f.from, "from", "", "the local address to send from, IP or IP:PORT (default: the system's choice)")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	for _, name := range []string{"server", "secret", "user"} {
		_ = cmd.MarkFlagRequired(name) // fails only for a flag that is not there
	}
	return cmd
}

func login(cmd *cobra.Command, f *loginFlags) error {
	nas, err := f.gateway()
	if err != nil {
		return exit.UsageError(cmd, err)
	}
	method, err := radiustest.ParseMethod(f.method)
	if err != nil {
		return exit.UsageError(cmd, fmt.Errorf("%w: --method: %w", errLoginSetting, err))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	if nas.Secret, err = readShared(f.secret); err != nil {
		return exit.Error{Code: exitNoAnswer, Err: err}
	}
	password := secret.New(f.password)
	if !cmd.Flags().Changed("password") {
		if password, err = readPassword(ctx, cmd.InOrStdin(), cmd.ErrOrStderr()); err != nil {
			return exit.Error{Code: exitNoAnswer, Err: err}
		}
	}
	if nas.strange {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s sends again from another port, and without --calling-station the server cannot tell such a retry\n"+
			"from another login: its retries cannot join the first packet, and collide with it\n", f.profile)
	}
	result, err := nas.converse(ctx, radiustest.Credentials{
		User: f.user, Password: password, CallingStation: f.callingStation, Method: method,
	}, &person{in: cmd.InOrStdin(), out: cmd.ErrOrStderr(), answers: f.answers})
	if f.json {
		return errors.Join(printLoginJSON(cmd.OutOrStdout(), result, err), loginExit(result, err))
	}
	if err == nil {
		printLogin(cmd.OutOrStdout(), result)
	}
	return loginExit(result, err)
}

// patiently does one exchange, and tells meanwhile what happens.
func (g gateway) patiently(ctx context.Context, tell io.Writer, ask func(context.Context, radiustest.NAS) (radiustest.Result, error)) (radiustest.Result, error) {
	progress := newLoginProgress(tell, g.Retry.Tries)
	g.Progress = progress.event
	patient, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	result, err := ask(patient, g.NAS)
	progress.end()
	if err != nil {
		err = g.explainSilence(ctx, result, err)
	}
	return result, err
}

// explainSilence adds to an error what a person at the keyboard may do about it.
func (g gateway) explainSilence(ctx context.Context, r radiustest.Result, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted after %s: %w", seconds(r.Took), radiustest.ErrNoAnswer)
	case !errors.Is(err, radiustest.ErrNoAnswer):
		return err
	case errors.Is(r.LastDiscard, radiustest.ErrUnreachable):
		return fmt.Errorf("%w in %s: %w. Is the address right, and is the server running?", radiustest.ErrNoAnswer, seconds(r.Took), r.LastDiscard)
	case r.Discarded > 0:
		return fmt.Errorf("%w that counts in %s; %d did not: %w", radiustest.ErrNoAnswer, seconds(r.Took), r.Discarded, r.LastDiscard)
	}
	hint := ""
	if g.wait < loginPatience {
		hint = ". The server may wait longer for the phone than this: a longer --timeout shows it"
	}
	return fmt.Errorf("%w in %s: is the address right, is this host in one of the client's networks, does the shared secret match? "+
		"An unknown client and a wrong Message-Authenticator are answered with silence%s", radiustest.ErrNoAnswer, seconds(r.Took), hint)
}

func loginExit(r radiustest.Result, err error) error {
	switch {
	case err != nil:
		return exit.Error{Code: exitNoAnswer, Err: err}
	case r.Code == radiustest.AccessAccept:
		return nil
	case r.Code == radiustest.AccessChallenge:
		return exit.Error{Code: exitChallenge}
	}
	return exit.Error{Code: exitReject}
}

func printLogin(w io.Writer, r radiustest.Result) {
	fmt.Fprintf(w, "%s in %s, %s sent\n", r.Code, seconds(r.Took), count.Of(r.Sent, "packet"))
	if r.ReplyMessage != "" {
		fmt.Fprintf(w, "  %s\n", r.ReplyMessage)
	}
	if r.Code == radiustest.AccessReject {
		fmt.Fprintln(w, "  the server's log has the reason")
	}
	fmt.Fprintf(w, "  Message-Authenticator: %s\n", signature(r))
	if r.Unproved != nil {
		fmt.Fprintf(w, "  MS-CHAPv2: %v; the person's device would refuse this\n", r.Unproved)
	}
	for _, a := range shown(r) {
		if a.Name != "Reply-Message" {
			fmt.Fprintf(w, "  %s = %s\n", a.Name, a.Value)
		}
	}
	if r.Discarded > 0 {
		fmt.Fprintf(w, "  before it %s did not count: %v\n", count.Of(r.Discarded, "answer"), r.LastDiscard)
	}
}

// shown are the attributes without the State: whoever knows it can answer in the person's place.
func shown(r radiustest.Result) []radiustest.Attribute {
	return slices.DeleteFunc(slices.Clone(r.Attributes), func(a radiustest.Attribute) bool { return a.Name == "State" })
}

// loginJSON is the machine-readable result.
type loginJSON struct {
	Verdict              string               `json:"verdict"` // accept, reject, challenge; empty: no answer
	Code                 string               `json:"code"`
	ReplyMessage         string               `json:"reply_message"`
	Attributes           []loginJSONAttribute `json:"attributes"`
	MessageAuthenticator string               `json:"message_authenticator"` // first, verified, absent
	MSCHAPv2             string               `json:"mschapv2"`              // what the server does not prove; empty: nothing, or another method
	DurationMS           int64                `json:"duration_ms"`
	Sent                 int                  `json:"sent"`
	Discarded            int                  `json:"discarded"`
	Error                string               `json:"error"`
}

type loginJSONAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func printLoginJSON(w io.Writer, r radiustest.Result, err error) error {
	out := loginJSON{Attributes: []loginJSONAttribute{}, DurationMS: r.Took.Milliseconds(), Sent: r.Sent, Discarded: r.Discarded}
	if err != nil {
		out.Error = err.Error()
	} else {
		out.Verdict = strings.ToLower(strings.TrimPrefix(r.Code.String(), "Access-"))
		out.Code, out.ReplyMessage, out.MessageAuthenticator = r.Code.String(), r.ReplyMessage, signature(r)
	}
	if r.Unproved != nil {
		out.MSCHAPv2 = r.Unproved.Error()
	}
	for _, a := range shown(r) {
		out.Attributes = append(out.Attributes, loginJSONAttribute{Name: a.Name, Value: a.Value})
	}
	if err := json.NewEncoder(w).Encode(out); err != nil {
		return exit.Error{Code: exitNoAnswer, Err: fmt.Errorf("printing the result: %w", err)}
	}
	return nil
}

func signature(r radiustest.Result) string {
	switch {
	case r.MessageAuthenticatorFirst:
		return "first"
	case r.Signed:
		return "verified"
	}
	return "absent"
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
