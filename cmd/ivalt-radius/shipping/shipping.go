package shipping

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/ship"
	"ivalt-radius/config"
	"ivalt-radius/fault"
)

// Understand is `audit.ship` as package ship understands it.
func Understand(s *config.Settings) (ship.Plan, fault.List) {
	out := make([]ship.Settings, len(s.Audit.Ship))
	for i, r := range s.Audit.Ship {
		out[i] = ship.Settings{Name: r.Name, To: r.To, Format: r.Format, Types: r.Types, Mask: r.Mask, CAFile: r.CAFile, Spool: r.Spool}
	}
	return ship.Understand(out, s.Audit.File, s.Audit.Archive)
}

// Server is what shipping needs of a running server.
type Server struct {
	Trail   ship.Durable
	Note    func(audit.Event)
	Log     logrus.FieldLogger
	Version string
}

// Start ships from now on. The cursors lie in `ship` in state.directory, beside the key of the pseudonyms, which is made where there
// is none.
func Start(ctx context.Context, s *config.Settings, p ship.Plan, server Server) (*ship.Shipping, error) {
	people, err := mask.Open(s.State.Directory)
	if err != nil {
		return nil, fmt.Errorf("state.directory: %w", err)
	}
	shipping, faults := ship.New(ctx, p, ship.Deps{
		Trail: server.Trail, Live: s.Audit.File, Directory: filepath.Join(s.State.Directory, "ship"), Version: server.Version,
		Note: server.Note, Log: server.Log, Mask: people.Record,
	})
	return shipping, faults.Err()
}
