package view

// The commands that the window asks for, by their path on the control socket. Requests and answers of those that have no type in this package
// are those of the terminal's commands.
const (
	PathNow       = "/now"             // -> Now. In memory; not recorded
	PathLogins    = "/logins"          // LoginFilter -> Logins. Recorded as a reading of the trail
	PathStory     = "/logins/story"    // Named -> Story. Recorded as a reading of the trail
	PathExplain   = "/explain"         // Question -> Explanation
	PathSessions  = "/sessions"        // SessionFilter -> Sessions. Recorded
	PathEnd       = "/disconnect"      // {user, address, reason} -> as `disconnect`
	PathPeople    = "/people"          // -> People. Recorded
	PathRelease   = "/people/release"  // Release -> Released
	PathBlocks    = "/block/list"      // -> []block.Block
	PathBlock     = "/block"           // {user, address, for, reason, disconnect} -> as `block`
	PathUnblock   = "/unblock"         // {user, address, reason} -> as `unblock`
	PathLockouts  = "/block/lockouts"  // -> []gate.Lockout
	PathIncidents = "/incidents"       // as `incidents list`
	PathIncident  = "/incidents/show"  // as `incidents show`
	PathAck       = "/incidents/ack"   // as `incidents ack`
	PathClose     = "/incidents/close" // as `incidents close`
	PathClients   = "/clients"         // as `clients list`
	PathEnforce   = "/clients/enforce" // as `clients enforce`
	PathForget    = "/clients/forget"  // as `clients forget`
	PathNodes     = "/nodes"           // as `nodes`
	PathSettings  = "/settings"        // -> Settings
	PathReload    = "/reload"          // Reason -> Reloaded
	PathRehearse  = "/rehearse"        // Rehearsal -> Rehearsed (begun)
	PathRehearsed = "/rehearse/show"   // Named -> Rehearsed (so far)
)

// Named names one thing.
type Named struct {
	ID string `json:"id"`
}

// Reason is why something is done; it stands in the trail.
type Reason struct {
	Reason string `json:"reason"`
}
