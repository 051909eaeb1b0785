package trail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/count"
	"ivalt-radius/config"
)

// source is the trail that a command reads.
type source struct {
	trail    query.Trail
	settings *config.Settings // nil: there are none, and the trail is a copy
	own      bool             // it is the trail of the settings, so its reading is recorded in it
}

// open finds the trail: the one that args name, else that of the settings. What the settings' own files are is seen under whatever
// name they come.
func open(cmd *cobra.Command, configPath string, args []string) (source, error) {
	settings, err := configured.Settings(configPath)
	switch {
	case err != nil && (len(args) == 0 || cmd.Flags().Changed("config")):
		return source{}, err
	case len(args) == 0:
		return source{query.Trail{Live: settings.Audit.File, Archive: settings.Audit.Archive}, settings, true}, nil
	}
	s := source{trail: query.Trail{Live: args[0]}, settings: settings}
	s.own = settings != nil && ownFile(settings, args[0])
	return s, nil
}

// ownFile reports the live file of the settings' trail, or a segment of it.
func ownFile(s *config.Settings, path string) bool {
	if same(path, s.Audit.File) {
		return true
	}
	_, named := segment.Parse(filepath.Base(s.Audit.File), filepath.Base(path))
	dir := filepath.Dir(path)
	return named && (same(dir, filepath.Dir(s.Audit.File)) || s.Audit.Archive != "" && same(dir, s.Audit.Archive))
}

func same(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}

// record keeps the evidence of the reading, before anything is shown. A copy keeps none.
func (s source) record(ctx context.Context, action string, f query.Filter, detail string) error {
	if !s.own {
		return nil
	}
	return Record(ctx, s.settings, audit.Access{Action: action, Filter: f.String(), Detail: detail})
}

// warnUnreadable says that lines were passed over.
func warnUnreadable(w io.Writer, lines int) {
	if lines > 0 {
		_, _ = fmt.Fprintf(w, "ivalt-radius: warning: %s passed over, being no record: see ivalt-radius audit verify\n", count.Of(lines, "line"))
	}
}

// quiet is the error but for a reader that went away, as `head` does.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
