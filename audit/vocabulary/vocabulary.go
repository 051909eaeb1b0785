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
		{t, "locked_out", "Too many wrong passwords for one person from one calling station: a lockout began there, whose end the detail has. Ask the person; `unblock --user` ends it."},
		{t, "fail_mode_used", "iVALT could not be asked, and a rule's fail mode let somebody in."},
		{t, "fail_mode_insecure_allow", "A rule lets people in without their phone while iVALT cannot be asked: said at the start, at a reload and once an hour."},
		{t, "message_authenticator_not_learned", "Addresses that sign their requests can no longer be remembered: mend the disk, or raise the alarm about the flood."},
		{t, "trail_broken", "At the start, the last line of the trail was not as it was written. Keep the file, run `audit verify`."},
		{t, "trail_replaced", "The trail's file was removed or renamed under the server; the chain goes on in this one."},
		{t, "trail_truncated", "At the start, the trail ended before its last checkpoint, or that was not in it: records were cut off or replaced. Find out who could write there."},
		{t, "trail_head_unreadable", "At the start, `audit.head` was gone or held no checkpoint: whether records were cut off the end cannot be seen."},
		{t, "trail_key_changed", "At the start, the key was not the one that signed the last checkpoint: `audit.key` was lost or changed. Older checkpoints are verified by the old `audit.pub`."},
		{t, "records_lost", "Records are missing: more came than the queue holds."},
		{t, "sessions_disconnected", "NAS were asked to end the sessions of a person or an address; `detail` says how many there were and what became of them. Block whoever must not come back."},
		{t, "session_overrun", "A session goes on behind the end that its login was given (Session-Timeout, the end of the hours), or went on before it stopped; `detail` says which, since when, and how that is known. Have the gateway obey Session-Timeout, end the session (`disconnect`), or set `clients[].session_end: disconnect`."},
		{t, "events_missed", "More happened than the watch (`guard.detect`) has room for: alerts may be missing. Look for a flood, or for a receiver of notices or a disk that holds it up."},
		{t, "shipping_skipped", "A receiver was further behind than its `spool`: the records that are named did not reach it."},
		{t, "incident_opened", "Something goes on that the watch knows: `ivalt-radius incidents show` has its evidence, and what was done. Look into it, acknowledge it, close it."},
		{t, "incident_escalated", "An incident has become worse; the steps of its new severity follow."},
		{t, "blocked_automatically", "An incident had a person or an address blocked (`guard.respond`). Ask the person; `ivalt-radius unblock` lets them in again."},
		{t, "would_block", "As `blocked_automatically`, but `guard.respond.dry_run` is set: nobody was blocked."},
		{t, "would_disconnect", "Sessions would have been ended, but `guard.respond.dry_run` is set."},
		{t, "alone_begun", "INSECURE: the shared memory cannot be asked, and this node goes on by itself (`state.redis.on_failure: insecure_alone`): one login may ring once for each node. Bring the memory back: `nodes`."},
		{t, "alone_lasts", "INSECURE: as `alone_begun`, said once a minute while it lasts; `detail` has how much was decided alone."},
		{t, "alone_ended", "The shared memory decides again; `detail` has how long the node was alone, and how much it decided."},
		{t, "disconnect_failed", "Sessions of somebody whom an incident, or `block --disconnect`, shuts out may still be there: `sessions_disconnected` right before, and the log, say why. End them at the gateway."},
		{t, "window_sign_in_failed", "Somebody could not sign in at the operator's window; `user` is the account, where the name was one's. Many for one account, or from one place, are guesses: the window slows them down. Ask whose address it is."},
		{t, "window_token_refused", "A request at the window showed a token that is none of `admin.tokens`, or has expired. Renew it (`ivalt-radius token`), or find out who guesses."},
		{t, "window_request_forged", "A request at the window would have changed something, but came without its session's CSRF token, or from another web site; it did nothing. A page that was open since before a sign-in is harmless; otherwise ask its person which site they were on."},
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
		{t, "upgraded", "Another version of the program serves, in the same process; `detail` has both versions, and how many logins waited and go on."},
		{t, "upgrade_refused", "An upgrade was refused, or failed and the version before serves again: `detail` says why. Logins go on. Mend the program or the settings, and upgrade again."},
		{t, "clock_jump", "The machine's clock was set: times before and after do not compare."},
		{t, "clock_skew", "iVALT's clock and this machine's differ. Synchronise the clock (NTP)."},
		{t, "ivalt_unavailable", "An endpoint of iVALT fails; logins end as `unavailable` until it answers."},
		{t, "ivalt_available", "It answers again."},
		{t, "ivalt_misconfigured", "iVALT refuses the API key or the path."},
		{t, "memory_unreachable", "The memory that the nodes share cannot be asked (`state.redis`): logins that need a push end as `unavailable`, unless `on_failure` says otherwise. Look at the Redis server and the way to it; `detail` has the error."},
		{t, "memory_reachable", "It can be asked again; no restart is needed."},
		{t, "memory_emptied", "The shared memory was restarted empty: claims, budgets and histories are gone, and for 330 s every phone is checked as if it were not clean. Give Redis a disk (`appendonly yes`), and find out who emptied it."},
		{t, "memory_evicts", "The Redis server may drop what it was told when it is full: set `maxmemory-policy noeviction`."},
		{t, "memory_old", "The Redis server is too old for what the nodes need: use Redis 7 or Valkey."},
		{t, "memory_unreadable", "Values in the shared memory could not be opened: a node has another `state.redis.cluster_key`, or somebody writes there. Such values count for nothing."},
		{t, "nodes_not_told", "Other nodes were not told all that happened here, counts of the gate and late approvals among it: the memory was out of reach for long, or is slow."},
		{t, "node_joined", "Another node shares the memory from now on."},
		{t, "node_left", "Another node stopped in order."},
		{t, "node_died", "Another node no longer renews its lease: it crashed, hangs, or cannot reach the memory. What it led is taken over. Look at that node."},
		{t, "nodes_differ", "Nodes have other settings than this one: the same login may be judged differently. Bring the same file to all and reload; `nodes` shows who differs."},
		{t, "nodes_agree", "All nodes have the same settings again."},
		{t, "node_name_twice", "Two nodes have one name: set `state.node` at each."},
		{t, "checkpoint", "The server's signature over the record before."},
		{t, "segment_started", "The trail goes on in a new file; the former one is named."},
		{t, "segment_archived", "A segment is older than `audit.retention` and moves to `audit.archive`."},
		{t, "segment_removed", "A segment is older than `audit.retention` and is removed."},
		{t, "trail_repaired", "A torn last line was cut off at the start, after a crash."},
		{t, "recovered", "The trail could not be written for a while; the detail says how many records are missing."},
		{t, "shipping_failing", "Records do not reach a receiver; they wait in the trail."},
		{t, "shipping_recovered", "They reach it again."},
		{t, "incident_removed", "An incident was closed longer ago than `guard.incidents.retention`, or too many are closed: its file is gone."},
		{t, "notice_failing", "Notices do not reach a receiver of `guard.notify`; they wait in `state.directory` for three days. Mend what the detail says, then `notify test`."},
		{t, "notice_recovered", "They reach it again."},
		{t, "notices_dropped", "Notices were given up; the detail says for which receiver, how many, and why. Their incidents are there: `incidents list`."},
		{t, "window_session_expired", "A session of the operator's window ended by itself: nobody used it, it was too old, or newer ones took its place."},
		{t, "window_session_revoked", "A reload ended a session of the window: its account is gone, or has another password or role."},
	}
}

func actions() []Word {
	const t = chain.UserAction
	return []Word{
		{t, "accounting", "A NAS told of a session (RFC 2866)."},
		{t, "enforce_message_authenticator", "Somebody had an address, or all of a client, send Message-Authenticator whatever the settings allow; `detail` says why."},
		{t, "forget_message_authenticator", "Somebody let an address ask without Message-Authenticator again."},
		{t, "forget", "Somebody had a person's records rewritten with a pseudonym; `lines` has them."},
		{t, "place_hold", "Somebody placed a hold: what it covers is not removed."},
		{t, "release_hold", "Somebody released a hold."},
		{t, "disconnect", "Somebody is about to have the sessions of a person or an address ended; `detail` has the reason, `sessions_disconnected` what came of it."},
		{t, "acknowledge_incident", "Somebody looks after an incident."},
		{t, "close_incident", "Somebody closed an incident: what comes afterwards is a new one, and its records are held no longer."},
		{t, "block", "Somebody blocked a person or a network."},
		{t, "rehearse", "Somebody began a rehearsal of a login; nobody is let in by it. With `configured` the person's phone rings."},
		{t, "rehearsed", "A rehearsal is over; `detail` has its verdict, and the attempt under which its calls to iVALT stand."},
		{t, "release", "Somebody had forgotten what the gate had against a person, or the approvals that might have counted again; `detail` says which, and why."},
		{t, "reload", "Somebody had the server read its settings anew, by command or through the window; `detail` has the reason, and `reloaded` or `reload_refused` behind it what came of it."},
		{t, "unblock", "Somebody lifted a block, and what the gate had against a person."},
		{t, "window_signed_in", "Somebody signed in at the operator's window. If it was not that person, change the account's password: a reload ends its sessions."},
		{t, "window_signed_out", "Somebody signed out of it."},
		{t, "window_session_ended", "Somebody ended a session of the window by hand, their own or another's."},
		{t, "window_refused", "Somebody asked the window for what their role, or their token's scopes, do not allow; `target` says what. Give them the role, or ask what they were after."},
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
		{t, "logins", "Somebody looked for logins in the trail, or read all that it has of one."},
		{t, "people", "Somebody listed who is locked out, paused, blocked or remembered."},
		{t, "sessions", "Somebody listed who is in."},
		{t, "explain", "Somebody asked the running server how a login of `filter` would be decided; no login was sent."},
		{t, "blocks", "Somebody listed who is blocked, or locked out."},
		{t, "incidents", "Somebody read incidents, which hold evidence of the trail."},
		{t, "bundle", "Somebody made an archive for support, with records in pseudonyms; `detail` says where to."},
	}
}
