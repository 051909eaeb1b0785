package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/policy"
)

// question is what `explain` is asked.
type question struct {
	user, client, station, at string
}

func newExplainCommand() *cobra.Command {
	var path string
	var q question
	cmd := &cobra.Command{
		Use:   "explain --config FILE --user U --client NAME",
		Short: "Show how a login would be decided; sends nothing",
		Long: "Shows every step from the name as typed to the decision: the canonical name, the e-mail and phone that would be\n" +
			"asked, groups, each rule with what holds and what does not, the reply attributes. Sends nothing.\n" +
			"Exits 0 where the login would push or be accepted, 1 where it would be denied.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, r, faults := load(path, os.Environ())
			if err := faults.Err(); err != nil {
				return err
			}
			facts, err := q.facts(settings)
			if err != nil {
				return usageError(cmd, err)
			}
			return explain(cmd, settings, r, q, facts)
		},
	}
	cmd.Flags().StringVarP(&path, "config", "c", defaultConfig, "the configuration file")
	cmd.Flags().StringVarP(&q.user, "user", "u", "", "the login name, as typed")
	cmd.Flags().StringVar(&q.client, "client", "", "the client's name in the settings")
	cmd.Flags().StringVar(&q.station, "calling-station", "", "the person's IP address; none is \"unknown\"")
	cmd.Flags().StringVar(&q.at, "at", "", "the time of the login, RFC 3339; none is now")
	_ = cmd.MarkFlagRequired("user")
	_ = cmd.MarkFlagRequired("client")
	return cmd
}

// facts reads what was asked; the person comes later.
func (q question) facts(s *config.Settings) (policy.Facts, error) {
	f := policy.Facts{Client: q.client, At: time.Now()}
	if !slices.ContainsFunc(s.Clients, func(c config.Client) bool { return c.Name == q.client }) {
		return f, fmt.Errorf("--client: the settings have no client %q", q.client)
	}
	var err error
	if f.CallingStation, err = callingStation(q.station); err != nil {
		return f, err
	}
	if q.at != "" {
		if f.At, err = time.Parse(time.RFC3339, q.at); err != nil {
			return f, fmt.Errorf("--at: %q is no time such as 2026-12-24T18:00:00+01:00", q.at)
		}
	}
	return f, nil
}

// explain prints the story and returns the exit code in its error.
func explain(cmd *cobra.Command, s *config.Settings, r rooms, q question, facts policy.Facts) error {
	out := cmd.OutOrStdout()
	user, err := auth.ParseUsername(q.user)
	if err != nil {
		_, _ = fmt.Fprintf(out, "name        %q\n            %v\ndecision    deny (%v)\n", q.user, err, auth.BadRequest)
		return exitError{code: exitFault}
	}
	person, err := r.people.Person(cmd.Context(), user)
	if err != nil {
		return fmt.Errorf("asking the directory: %w", err)
	}
	facts.User, facts.Groups = user.String(), person.Groups
	printPerson(out, s, q, user, person)
	trace := r.policy.Explain(facts)
	if _, err := trace.WriteTo(out); err != nil {
		return fmt.Errorf("printing: %w", err)
	}
	if trace.Decision.Action == policy.Deny {
		return exitError{code: exitFault}
	}
	return nil
}

// printPerson shows what the name becomes. Phone and e-mail are masked here as everywhere.
func printPerson(w io.Writer, s *config.Settings, q question, u auth.Username, p auth.Person) {
	row := func(name, value string) { _, _ = fmt.Fprintf(w, "%-12s%s\n", name, value) }
	row("name", fmt.Sprintf("%q", q.user))
	row("canonical", fmt.Sprintf("%q (local part %q)", u.String(), u.Local()))
	source := "made by users.email"
	if strings.Contains(u.String(), "@") {
		source = "the name itself"
	}
	if slices.ContainsFunc(s.Users.People, func(e config.Person) bool {
		listed, err := auth.ParseUsername(e.Name)
		return err == nil && listed == u && !e.Email.Empty()
	}) {
		source = "from users.file"
	}
	row("e-mail", maskEmail(p.Email.Reveal())+" ("+source+")")
	phone := "looked up at iVALT by e-mail"
	if !p.Mobile.Empty() {
		phone = p.Mobile.String() + " (from users.file)"
	}
	row("phone", phone)
	groups := strings.Join(p.Groups, ", ")
	if groups == "" {
		groups = "none"
	}
	row("groups", groups)
	row("factor", "the push alone (primary.method: "+s.Primary.Method+")")
}

// maskEmail keeps the first letter and the domain: enough to see a wrong template.
func maskEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" {
		return "none"
	}
	return local[:1] + "***@" + domain
}
