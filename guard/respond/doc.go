// Package respond takes the steps that the settings name for an incident of a severity: it notifies, watches closely, blocks, disconnects.
//
// Whoever can make an incident must not be able to have somebody else shut out. So an attack that a stranger can make blocks an address,
// never a person, and no address from which other people were let in within a day; a person is blocked only where the incident shows that
// somebody else has their credentials: each login of its evidence had the password. A client is never blocked. What
// is not done stands in the incident, with the reason.
//
// Blocks and disconnected sessions are only written down while guard.respond.dry_run is set.
//
// Nothing here waits for a network but the workers of Run, which disconnect.
package respond
