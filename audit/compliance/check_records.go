package compliance

import "time"

func recordChecks() []Check {
	return []Check{
		{"logins-recorded", "Each login of the period is recorded with who, through which gateway, when, verdict and reason (partial: only logins that reach this server)", ofTrail(loginsRecorded)},
		{"starts-and-stops-recorded", "Every start of the server has its stop in the trail (a kill or a power cut leaves none)", ofTrail(startsAndStops)},
		{"reads-recorded", "Reading the trail through our commands is recorded in it (partial: whoever reads the file itself leaves no record)", ofTrail(func(f Facts) Result {
			if n := f.Trail.InPeriod.Reads; n > 0 {
				return pass("%s in the period, this report's own included", times(n, "data_access record"))
			}
			return fail("see why no data_access was recorded, not even this report's", "no data_access in the period")
		})},
		{"settings-in-force", "The settings in the file are those that the server last took, and the trail has their digest (partial: it shows that they were changed, not that somebody approved)", ofTrail(settingsInForce)},
		{"mobiles-masked", "No record of the period shows more of a mobile than its last two digits (partial: login names are kept, they are what the trail is about)", ofTrail(mobilesMasked)},
		{"clock-kept", "A time service keeps the machine's clock (partial: which source it follows cannot be seen)", func(f Facts) Result {
			switch f.Clock {
			case Yes:
				return pass("the kernel says that its clock is synchronised")
			case No:
				return fail("run chrony, ntpd or systemd-timesyncd", "the kernel says that its clock is not synchronised")
			case Unknown:
			}
			return unknown("run this report on the server's machine", "the kernel's word is not known")
		}},
		{"clock-steady", "The clock neither jumped nor differed from iVALT's in the period", ofTrail(func(f Facts) Result {
			if p := f.Trail.InPeriod; p.Clock+p.Backwards > 0 {
				return fail("look for clock events in the trail, and see to the time service",
					"%s of a wrong clock, %s older than the one before", times(p.Clock, "event"), times(p.Backwards, "record"))
			}
			return pass("no such event, and no record is older than the one before")
		})},
		{"backup-recent", "state.directory was backed up through us within 30 days (partial: that the copy can be restored shows only when it is tried)", ofTrail(backupRecent)},
		{"people-erasable", "All records of a person are where they can be forgotten (partial: that requests are answered in time is people's work)", ofSettings(erasable)},
	}
}

func settingsInForce(f Facts) Result {
	switch t := f.Trail; {
	case f.Settings.Digest == "":
		return unknown("run this report as a user who may read the secrets, or mend the settings", "the digest of the settings needs all secrets, and some could not be read")
	case t.Digest == "":
		return unknown("start the server, or reload it (SIGHUP): the trail then has the digest of its settings", "the trail has no digest of the settings")
	case t.Digest != f.Settings.Digest:
		return fail("reload the server, and find out who changed the file or upgraded the program; where settings come from the environment, run this report with the server's", "the trail's digest of %s is %.12s, the file's %.12s", t.DigestAt.UTC().Format(time.RFC3339), t.Digest, f.Settings.Digest)
	default:
		return pass("digest %.12s since %s, %s in the period", t.Digest, t.DigestAt.UTC().Format(time.RFC3339), times(f.Trail.InPeriod.Changes, "change record"))
	}
}

func erasable(f Facts) Result {
	away := receivers(f, unmasked)
	switch {
	case len(away) > 0:
		return fail("set mask for them, or agree with those who run them how a person is forgotten there", "these receivers get names as they are: %s", names(away))
	case f.Retained.Archive && f.Retained.Reachable != Yes:
		return fail("mount audit.archive", "audit.archive cannot be read, so nobody can be forgotten there")
	case !f.Trail.Read:
		return unknown("run this report as a user who may read the trail", "the trail was not read")
	}
	return pass("trail and archive are at hand, no receiver has names; %s in the period", times(f.Trail.InPeriod.Forgotten, "person forgotten record"))
}

func loginsRecorded(f Facts) Result {
	p := f.Trail.InPeriod
	switch {
	case p.Incomplete > 0:
		return fail("see which records lack user, client, verdict or reason: `ivalt-radius audit verify`, then the trail itself", "%d of %s lack a field", p.Incomplete, times(p.Attempts, "login"))
	case p.Attempts == 0:
		return unknown("take a longer period with --days, or report after the first login", "no login in the period")
	}
	return pass("%s in the period, none lacks a field", times(p.Attempts, "login"))
}

func startsAndStops(f Facts) Result {
	switch t := f.Trail; {
	case t.Starts == 0:
		return unknown("report again after the next start", "the records at hand hold no start of the server")
	case t.Starts > t.Stops+1:
		return fail("find out what ended the server; stop it with SIGTERM", "%s, %s", times(t.Starts, "start"), times(t.Stops, "stop"))
	default:
		return pass("%s, %s", times(t.Starts, "start"), times(t.Stops, "stop"))
	}
}

func mobilesMasked(f Facts) Result {
	p := f.Trail.InPeriod
	switch {
	case p.Unmasked > 0:
		return fail("report this as a defect of ivalt-radius, and forget the persons concerned", "%s", times(p.Unmasked, "record with a longer one"))
	case p.Attempts == 0:
		return unknown("take a longer period with --days, or report after the first login", "no login in the period")
	}
	return pass("%s in the period, all masked", times(p.Attempts, "login"))
}

func backupRecent(f Facts) Result {
	switch age := f.At.Sub(f.Trail.Backup); {
	case f.Trail.Backup.IsZero():
		return unknown("back state.directory up, and keep a note of it: other ways than our own leave no record", "no backup in the trail")
	case age > month:
		return fail("back state.directory up", "the last one is of %s", date(f.Trail.Backup))
	}
	return pass("the last one is of %s", date(f.Trail.Backup))
}
