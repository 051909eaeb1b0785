package compliance

import (
	"time"
)

const (
	day   = 24 * time.Hour
	year  = 365 * day
	month = 30 * day
)

// enoughSpace is what a disk must have left: many hours of the busiest server's records.
const enoughSpace = 1 << 30

const runVerify = "run `ivalt-radius audit verify`, keep the files as they are, and find out who could write them"

func trailChecks() []Check {
	return []Check{
		{"trail-verified", "Every record of the audit trail is as it was written, and none is missing between the first and the last", verified},
		{"trail-signed", "Signed checkpoints cover the trail up to its newest records (partial: whoever had the node's key could sign anew; compare with a checkpoint kept elsewhere)", signed},
		{"trail-whole", "No record was lost in the period and the trail was not taken away or broken (partial: a disk that lost power is seen only where the trail says so)", ofTrail(func(f Facts) Result {
			if n := f.Trail.InPeriod.Lost; n > 0 {
				return fail("look for records_lost, recovered, trail_replaced, trail_truncated, trail_head_unreadable and trail_broken in the trail, and mend the disk or what touched the file",
					"%s of lost records or a broken trail", times(n, "event"))
			}
			return pass("no such event in the period")
		})},
		{"archive-reachable", "The archive of older segments can be read", ofSettings(func(f Facts) Result {
			switch {
			case !f.Retained.Archive:
				return notApplicable("audit.archive is not set")
			case f.Retained.Reachable == Yes && f.Trail.Verified.Missing == 0:
				return pass("audit.archive can be listed")
			case f.Retained.Reachable == Unknown:
				return unknown("run this report as a user who may read audit.archive", "nobody looked at audit.archive")
			}
			if n := f.Trail.Verified.Missing; n > 0 {
				return fail("mount audit.archive, or bring its segments back", "%s went to audit.archive, and are not there", times(n, "record"))
			}
			return fail("make the directory, or mount it", "audit.archive cannot be listed; nothing was moved there so far")
		})},
		{"disk-space", "The trail's disk has 1 GiB left at least", func(f Facts) Result {
			switch {
			case f.Retained.Space != Yes:
				return unknown("run this report on the machine that holds the trail", "the space left is not known")
			case f.Retained.Free < enoughSpace:
				return fail("make room: a full disk rejects every login", "%d MiB left", f.Retained.Free>>20)
			}
			return pass("%d MiB left", f.Retained.Free>>20)
		}},
	}
}

func verified(f Facts) Result {
	v := f.Trail.Verified
	switch {
	case v.Done && v.Findings > 0:
		return fail(runVerify, "%s", times(v.Findings, "finding"))
	case !v.Done || f.Trail.Records == 0:
		return unknown("run the server once, then this report as a user who may read its trail", "no trail was verified")
	case v.Missing > 0:
		return unknown("mount audit.archive", "%s lie in an archive that is not at hand; the others are sound", times(v.Missing, "record"))
	}
	return pass("%s from %d on, no finding", times(f.Trail.Records, "record"), f.Trail.First)
}

func signed(f Facts) Result {
	v := f.Trail.Verified
	most := 2*f.Retained.Checkpoint + time.Minute // one may just be due
	switch {
	case !v.Done || f.Trail.Records == 0 || v.Signatures == Unknown:
		return unknown("run `ivalt-radius audit verify`", "no signature was looked at")
	case v.Signatures == No:
		return fail(runVerify, "a checkpoint's signature is not the node's, or there is no checkpoint")
	case v.Uncovered > 0 && v.Waiting > most:
		return fail("start the server: it signs what is not signed yet", "%s behind the last checkpoint, the first %s old", times(v.Uncovered, "record"), v.Waiting.Round(time.Second))
	}
	return pass("all checkpoints hold by the key %s, %s behind the last", v.Key, times(v.Uncovered, "record"))
}

func retentionChecks() []Check {
	return []Check{
		{"retention-12-months", "The settings keep the trail for 12 months (partial: that the archive itself is kept so long cannot be seen)", ofSettings(func(f Facts) Result {
			return keptFor(f, year, "8760h")
		})},
		{"retention-3-months", "The settings keep the last 3 months at hand", ofSettings(func(f Facts) Result {
			return keptFor(f, 3*month, "2160h")
		})},
		{"trail-reaches-12-months", "The records themselves reach back 12 months, or to the first record ever", ofTrail(func(f Facts) Result {
			switch {
			case f.Trail.First == 1:
				return pass("record 1, of %s, is at hand: nothing was ever removed", date(f.Trail.Oldest))
			case f.At.Sub(f.Trail.Oldest) >= year:
				return pass("the oldest record is of %s", date(f.Trail.Oldest))
			}
			return fail("set audit.retention to 8760h, or audit.archive; what is gone stays gone", "the oldest record is number %d, of %s", f.Trail.First, date(f.Trail.Oldest))
		})},
		{"retention-ends", "Records are removed when their retention ends (partial: backups and receivers of shipped records have ends of their own)", ofSettings(retentionEnds)},
	}
}

func keptFor(f Facts, least time.Duration, setting string) Result {
	r := f.Retained
	switch {
	case r.For >= least:
		return pass("audit.retention is %s", hours(r.For))
	case r.Archive && r.Reachable == Yes:
		return pass("audit.retention is %s, and older segments go to audit.archive, which nothing of ours empties", hours(r.For))
	case r.Archive && r.Reachable == Unknown:
		return unknown("run this report as a user who may read audit.archive", "older segments go to audit.archive, at which nobody looked")
	}
	return fail("set audit.retention to "+setting+", or set audit.archive to a directory that is there", "audit.retention is %s, and no archive can be listed", hours(r.For))
}

// retentionSlack is how much older than the retention a record may be: segments end at midnight, and go as a whole.
const retentionSlack = 2 * day

func retentionEnds(f Facts) Result {
	r := f.Retained
	age := f.At.Sub(f.Trail.Oldest)
	switch {
	case !f.Trail.Read || f.Trail.Records == 0:
		return unknown("run the server once, then this report", "no record of the trail was read")
	case r.Archive:
		return unknown("write down who empties audit.archive, and when", "older segments go to audit.archive, which nothing of ours empties")
	case age > r.For+retentionSlack:
		return fail("see what keeps them: a hold, or a server that has not run", "audit.retention is %s, and the oldest record is of %s", hours(r.For), date(f.Trail.Oldest))
	}
	return pass("audit.retention is %s, and the oldest record is of %s", hours(r.For), date(f.Trail.Oldest))
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// hours is a long time as the settings have it.
func hours(d time.Duration) string { return times(int(d/time.Hour), "hour") }
