package doctoring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/report"
	"ivalt-radius/audit/segment"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
)

// lookWithin bounds the reading of a long trail.
const lookWithin = 10 * time.Second

// lookAtTrail looks at the trail's last checkpoint, how fast it grows, and what its records of a month tell of gateways and backups.
func lookAtTrail(ctx context.Context, f *doctor.Facts, s *config.Settings) {
	files, trail := look(s)
	f.Trail = trail
	f.Daily = growth(files, f.At)
	patience, backup, err := month(ctx, f, s)
	why := ""
	switch {
	case !f.Trail.Known:
		why = f.Trail.Why
	case err != nil:
		why = "the trail of a month could not be read in time, or has a defect: see ivalt-radius audit verify"
	}
	f.Backup = doctor.Fact[time.Time]{Value: backup, Known: why == "", Why: why}
	f.Gateways = doctor.Known(gatewaysOf(s, func(client string) doctor.Fact[doctor.Learned] {
		if why != "" {
			return doctor.Unseen[doctor.Learned](why)
		}
		for _, p := range patience {
			if p.Client == client {
				return doctor.Known(doctor.Learned{
					Patience: time.Duration(p.PatienceMS) * time.Millisecond, RestsOn: p.RestsOn, LateShare: p.LateShare,
				})
			}
		}
		return doctor.Known(doctor.Learned{})
	}))
}

// look is the trail's files and its last checkpoint.
func look(s *config.Settings) ([]segment.File, doctor.Fact[doctor.Trail]) {
	files, err := segment.List(s.Audit.File, s.Audit.Archive)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || unreadable(files) {
		return nil, doctor.Unseen[doctor.Trail]("its files may not be read: run doctor as root, or as the server's user")
	}
	last := lastCheckpoint(files, s.State.Directory)
	if last.Value.Trouble != "" { // a server may have gone on in a new file meanwhile
		if files, err = segment.List(s.Audit.File, s.Audit.Archive); err == nil {
			last = lastCheckpoint(files, s.State.Directory)
		}
	}
	return files, last
}

func unreadable(files []segment.File) bool {
	for _, file := range files {
		in, err := os.Open(file.Path)
		if errors.Is(err, fs.ErrPermission) {
			return true
		}
		if err == nil {
			_ = in.Close() // only looked at
		}
	}
	return false
}

// month reads what gateways showed, and when the last backup was made. A trail that is not there yet has shown nothing.
func month(ctx context.Context, f *doctor.Facts, s *config.Settings) ([]report.Patience, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	all := report.New(report.Options{})
	var backup time.Time
	filter := query.Filter{Since: f.At.Add(-doctor.BackupWithin), Types: []string{chain.AuthenticationAttempt.String(), chain.DataAccess.String()}}
	_, err := query.Trail{Live: s.Audit.File, Archive: s.Audit.Archive}.Read(ctx, filter, func(r *query.Record) error {
		if r.Type == chain.DataAccess.String() {
			if r.Action == "backup" {
				backup = r.Time
			}
			return nil
		}
		all.Add(r)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, err
	}
	return all.Report(0).NASPatience, backup, nil
}

// growth is how many octets a day the files have come to, since the first record of the oldest that is here.
func growth(files []segment.File, now time.Time) doctor.Fact[int64] {
	const (
		young = time.Hour
		day   = 24 * time.Hour
	)
	if len(files) == 0 {
		return doctor.Unseen[int64]("there is no trail yet")
	}
	first, err := files[0].FirstRecord()
	if err != nil {
		return doctor.Unseen[int64]("its oldest file cannot be read, or is empty")
	}
	age := now.Sub(first.Time)
	if age < young {
		return doctor.Unseen[int64]("the trail is younger than an hour")
	}
	octets := int64(0)
	for _, file := range files {
		if info, err := os.Stat(file.Path); err == nil {
			octets += info.Size()
		}
	}
	return doctor.Known(int64(float64(octets) * float64(day) / float64(age)))
}

// lastCheckpoint holds audit.head against its signature and the trail's own line.
func lastCheckpoint(files []segment.File, dir string) doctor.Fact[doctor.Trail] {
	head, err := checkpoint.ReadHead(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return doctor.Unseen[doctor.Trail]("state.directory may not be read: run doctor as root, or as the server's user")
	case errors.Is(err, fs.ErrNotExist):
		return doctor.Known(doctor.Trail{Empty: len(files) == 0})
	case err != nil:
		return doctor.Known(doctor.Trail{Trouble: "audit.head in state.directory holds no checkpoint"})
	}
	t := doctor.Trail{Checkpoint: head.Seq}
	key, err := checkpoint.ReadPublic(filepath.Join(dir, checkpoint.PublicFile))
	switch {
	case err != nil:
		return doctor.Unseen[doctor.Trail]("audit.pub in state.directory cannot be read")
	case !key.Verify(head.Covers, head.CoversHash, head.Signature):
		t.Trouble = fmt.Sprintf("the last checkpoint, record %d, is not signed by the key in audit.pub", head.Seq)
	case !holds(files, head):
		t.Trouble = fmt.Sprintf("the last checkpoint, record %d, is not in the trail as it was signed: records were changed or cut off", head.Seq)
	}
	return doctor.Known(t)
}

// holds reports that the head's record is in the trail as it was written. The live file may have become a segment meanwhile, so the files are
// looked for by their numbers, and the live one last.
func holds(files []segment.File, head checkpoint.Head) bool {
	for _, file := range files {
		if !file.Live() && (head.Seq < file.First || head.Seq > file.Last) {
			continue
		}
		if head.In(file) {
			return true
		}
	}
	return false
}
