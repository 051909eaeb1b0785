package doctor

import (
	"fmt"
	"time"
)

func trailCheckpoint(f *Facts, v *verdict) {
	if !known(f.Trail, v, "the trail") {
		return
	}
	switch t := f.Trail.Value; {
	case t.Trouble != "":
		v.fault(t.Trouble, "run ivalt-radius audit verify, which names each line; keep the files as they are: they are evidence")
	case t.Empty:
		v.unknown("there is no trail yet", "start the server")
	case t.Checkpoint == 0:
		v.unknown("there is no checkpoint yet", "start the server: it signs soon after the first record")
	default:
		v.ok(fmt.Sprintf("record %d is in it as it was signed; the whole chain is for ivalt-radius audit verify", t.Checkpoint))
	}
}

func trailShipped(f *Facts, v *verdict) {
	switch {
	case !known(f.Access, v, "audit.ship"):
	case f.Access.Value.Shipping == 0:
		v.warning("the trail is on this host alone: whoever takes the host takes it", "set audit.ship, or fetch ivalt-radius audit export each day")
	default:
		v.ok(fmt.Sprintf("%d receivers", f.Access.Value.Shipping))
	}
}

// BackupWithin is how far back the trail is read for a backup.
const BackupWithin = 31 * oneDay

func trailBackup(f *Facts, v *verdict) {
	const do = "ivalt-radius backup --output FILE --encrypt-to RECIPIENT, each night"
	if !known(f.Backup, v, "backups") {
		return
	}
	if f.Backup.Value.IsZero() {
		v.unknown(fmt.Sprintf("the trail of the last %d days knows of none; whether this host is saved in another way is not known", int(BackupWithin/oneDay)), do)
		return
	}
	v.ok("the last one was made on " + f.Backup.Value.UTC().Format(time.DateOnly))
}

func respondNotices(f *Facts, v *verdict) {
	if !known(f.Receivers, v, "the receivers of notices") {
		return
	}
	for _, r := range f.Receivers.Value {
		if r.Trouble != "" {
			v.fault(fmt.Sprintf("%s, %s: %s", r.Key, r.Kind, r.Trouble), "mend "+r.Key)
		}
	}
	switch {
	case len(f.Receivers.Value) == 0:
		v.warning("guard.notify is empty: alerts are in the log and the trail, and nobody is told", "name a receiver in guard.notify")
	case len(v.seen) == 0:
		v.ok(fmt.Sprintf("%d receivers; none was sent anything now", len(f.Receivers.Value)))
	}
}

func respondSteps(f *Facts, v *verdict) {
	switch {
	case !known(f.Access, v, "guard.respond"):
	case f.Access.Value.DryRun:
		v.warning("guard.respond.dry_run is on: blocking and disconnecting are only written down",
			"read would_block and would_disconnect in the trail for some weeks, then set guard.respond.dry_run: false")
	default:
		v.ok("guard.respond.dry_run is off")
	}
}
