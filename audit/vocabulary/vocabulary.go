package vocabulary

import (
	"slices"

	"ivalt-radius/audit/chain"
)

// Word is one word of the trail.
type Word struct {
	Type    chain.Type
	Word    string
	Meaning string // and what to do, where something is to be done
}

// Words are all of them, by type, in the order of the docs.
func Words() []Word {
	return slices.Concat(security(), configuration(), system(), actions(), accesses())
}

func security() []Word {
	const t = chain.SecurityEvent
	return []Word{
		{t, "collision", "Two logins asked for one phone at once; none of them, or the first alone, was let on (`ivalt.on_collision`). Ask the person whether both were theirs."},
		{t, "stale_approval", "An approval was there before the person can have given it for this push. It did not count."},
		{t, "late_approval", "An approval came after its answer had to leave; it counts once, for the very same login."},
		{t, "accept_joined", "A retry joined a login that had just been accepted."},
		{t, "challenge_abandoned", "A question was not answered in time, or by somebody else."},
		{t, "odd_answer", "iVALT, or something before it, gave an answer that breaks its form; it approved nobody."},
		{t, "fail_mode_used", "iVALT could not be asked, and a rule's fail mode let somebody in."},
		{t, "fail_mode_insecure_allow", "A rule lets people in without their phone while iVALT cannot be asked: said at the start, at a reload and once an hour."},
		{t, "message_authenticator_not_learned", "Addresses that sign their requests can no longer be remembered: mend the disk, or raise the alarm about the flood."},
		{t, "trail_broken", "At the start, the last line of the trail was not as it was written. Keep the file, run `audit verify`."},
		{t, "trail_replaced", "The trail's file was removed or renamed under the server; the chain goes on in this one."},
		{t, "trail_truncated", "At the start, the trail ended before its last checkpoint, or that was not in it: records were cut off or replaced. Find out who could write there."},
		{t, "trail_head_unreadable", "At the start, `audit.head` was gone or held no checkpoint: whether records were cut off the end cannot be seen."},
		{t, "trail_key_changed", "At the start, the key was not the one that signed the last checkpoint: `audit.key` was lost or changed. Older checkpoints are verified by the old `audit.pub`."},
		{t, "records_lost", "Records are missing: more came than the queue holds."},
		{t, "shipping_skipped", "A receiver was further behind than its `spool`: the records that are named did not reach it."},
	}
}

func configuration() []Word {
	const t = chain.ConfigurationChange
	return []Word{
		{t, "reloaded", "New settings are in force; `changes` has the difference."},
		{t, "reload_refused", "A reload had faults and changed nothing; the log names them."},
		{t, "in_force", "The settings that the server starts with, by their digest; they are those of the last run, as far as that is known."},
		{t, "changed_before_start", "The settings differ from those of the last run."},
	}
}

func system() []Word {
	const t = chain.SystemEvent
	return []Word{
		{t, "started", "The server has started."},
		{t, "stopped", "The server has stopped in order. A start without one before it was a crash, or a loss of power."},
		{t, "reloaded", "The settings were reloaded."},
		{t, "reload_refused", "A reload was refused."},
		{t, "clock_jump", "The machine's clock was set: times before and after do not compare."},
		{t, "clock_skew", "iVALT's clock and this machine's differ. Synchronise the clock (NTP)."},
		{t, "ivalt_unavailable", "An endpoint of iVALT fails; logins end as `unavailable` until it answers."},
		{t, "ivalt_available", "It answers again."},
		{t, "ivalt_misconfigured", "iVALT refuses the API key or the path."},
		{t, "checkpoint", "The server's signature over the record before."},
		{t, "segment_started", "The trail goes on in a new file; the former one is named."},
		{t, "segment_archived", "A segment is older than `audit.retention` and moves to `audit.archive`."},
		{t, "segment_removed", "A segment is older than `audit.retention` and is removed."},
		{t, "trail_repaired", "A torn last line was cut off at the start, after a crash."},
		{t, "recovered", "The trail could not be written for a while; the detail says how many records are missing."},
		{t, "shipping_failing", "Records do not reach a receiver; they wait in the trail."},
		{t, "shipping_recovered", "They reach it again."},
	}
}

func actions() []Word {
	const t = chain.UserAction
	return []Word{
		{t, "accounting", "A NAS told of a session (RFC 2866)."},
		{t, "forget_message_authenticator", "Somebody let an address ask without Message-Authenticator again."},
		{t, "forget", "Somebody had a person's records rewritten with a pseudonym; `lines` has them."},
		{t, "place_hold", "Somebody placed a hold: what it covers is not removed."},
		{t, "release_hold", "Somebody released a hold."},
	}
}

func accesses() []Word {
	const t = chain.DataAccess
	return []Word{
		{t, "verify", "Somebody verified the trail."},
		{t, "tail", "Somebody read the trail's end."},
		{t, "export", "Somebody exported records; `detail` says where to."},
		{t, "report", "Somebody made a report."},
		{t, "compliance", "Somebody gathered evidence for a framework."},
		{t, "backup", "Somebody made a backup."},
		{t, "bundle", "Somebody made an archive for support, with records in pseudonyms; `detail` says where to."},
	}
}
