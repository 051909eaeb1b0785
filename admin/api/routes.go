package api

import (
	"net/http"
	"net/netip"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
)

// The groups of the document, in their order.
const (
	groupNow       = "now"
	groupLogins    = "logins"
	groupPeople    = "people"
	groupIncidents = "incidents"
	groupClients   = "clients"
	groupServer    = "server"
	groupRehearse  = "rehearsals"
	groupWindow    = "window"
)

// Paths that the code names.
const (
	events     = "/events"
	document   = "/openapi.json"
	rehearsals = "/rehearsals"
)

// Fields that several routes have.
func userField() field {
	return field{name: "user", most: mostName, says: "a login name", as: "alice"}
}

func clientField() field {
	return field{name: "client", kind: handle, says: "the name of a client of the settings", as: "openvpn-as"}
}

func stationField() field {
	return field{name: "calling_station", most: mostName, says: "the address of the person, as the NAS tells it", as: "198.51.100.7"}
}

func addressField() field {
	return field{name: "address", kind: address, says: "the IP address that the person comes from", as: "198.51.100.7"}
}

func networkField() field {
	return field{name: "address", kind: network, says: "the address of people, or a prefix", as: "198.51.100.0/24"}
}

func reasonField() field {
	return field{name: "reason", kind: reason, must: true, says: "why, in a few words; it stands in the trail", as: "asked by the help desk"}
}

func idField(says string) field {
	return field{name: "id", kind: handle, must: true, says: says, as: "20261126-k7m3"}
}

func nameField() field {
	return field{name: "name", kind: handle, must: true, says: "the client's name in the settings", as: "openvpn-as"}
}

// subject is the choice of whom a block is about.
func subject() choice { return choice{of: []string{"user", "address"}, exact: true} }

// routes are all of them, in the order of the docs.
func routes() []route {
	var all []route
	for _, some := range [][]route{nowRoutes(), loginRoutes(), sessionRoutes(), peopleRoutes(), incidentRoutes(), clientRoutes(), serverRoutes(), rehearsalRoutes(), windowRoutes()} {
		all = append(all, some...)
	}
	return all
}

func nowRoutes() []route {
	get := func(path, summary string, do action) route {
		return route{method: http.MethodGet, path: path, need: access.Read, group: groupNow, summary: summary, action: do}
	}
	return []route{
		get("/now", "The server at this moment.", ask[view.Now](view.PathNow, nil)),
		get("/in-flight", "Logins without a verdict, the oldest first.", part(func(n view.Now) []view.InFlight { return n.InFlight })),
		get("/alerts", "Incidents that are not closed, in few words, the worst first.", part(func(n view.Now) []view.Alert { return n.Alerts })),
		get("/budget", "What is left of the API budget.", part(func(n view.Now) view.Budget { return n.Budget })),
		get("/health", "What readiness looks at.", part(health)),
		get(events, "The server at this moment, again and again: server-sent events, one a second.", action{asks: view.PathNow}),
	}
}

func health(n view.Now) Health {
	h := Health{Ready: true, Checks: n.Checks}
	for _, c := range n.Checks {
		h.Ready = h.Ready && c.OK
	}
	return h
}

func loginRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/logins", need: access.Read, group: groupLogins, summary: "Logins that have ended, the newest first. Reading them is recorded.",
			fields: []field{
				{name: "since", kind: moment, says: "from then on", as: "2026-01-31T08:00:00Z"},
				{name: "until", kind: moment, says: "before then", as: "2026-01-31T09:00:00Z"},
				userField(), clientField(), stationField(),
				{name: "verdict", kind: word, words: []string{"accept", "reject", "challenge"}, says: "how they ended", as: "reject"},
				{name: "reason", kind: handle, says: "why, as docs/reasons.md has it", as: "push_denied"},
				{name: "limit", kind: count, most: view.MostLogins, says: "how many at most; left out: 50", as: "100"},
				{name: "before", kind: count, says: "the `more` of the answer before: those that follow", as: "4711"},
			},
			action: ask[view.Logins](view.PathLogins, func(v values) any {
				return view.LoginFilter{
					Since: v.moment("since"), Until: v.moment("until"), User: v.text("user"), Client: v.text("client"), CallingStation: v.text("calling_station"),
					Verdict: v.text("verdict"), Reason: v.text("reason"), Limit: int(v.count("limit")), Before: v.count("before"), //nolint:gosec // MostLogins at most
				}
			}),
		},
		{
			method: http.MethodGet, path: "/logins/{attempt}", need: access.Read, group: groupLogins, summary: "The whole story of one login. Reading it is recorded.",
			fields: []field{{name: "attempt", kind: handle, must: true, says: "the attempt's identifier", as: "k7m3q2x9"}},
			action: ask[view.Story](view.PathStory, func(v values) any { return view.Named{ID: v.text("attempt")} }),
		},
		{
			method: http.MethodPost, path: "/explain", need: access.Read, group: groupLogins, summary: "How a login would be decided. Nobody is asked.",
			fields: []field{userField().need(), clientField().need(), stationField(), {name: "at", kind: moment, says: "when it would be; left out: now", as: "2026-01-31T08:00:00Z"}},
			action: ask[view.Explanation](view.PathExplain, func(v values) any {
				return view.Question{User: v.text("user"), Client: v.text("client"), CallingStation: v.text("calling_station"), At: v.moment("at")}
			}),
		},
	}
}

func sessionRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/sessions", need: access.Read, group: groupPeople, summary: "People who are in, the newest first, or whose session has ended. Reading them is recorded.",
			fields: []field{
				userField(), clientField(), addressField(),
				{name: "ended", kind: flag, says: "those that have ended, by the trail", as: "true"},
				{name: "since", kind: moment, says: "of those: that ended from then on; left out: in the last day", as: "2026-01-31T08:00:00Z"},
			},
			action: ask[view.Sessions](view.PathSessions, func(v values) any {
				f := view.SessionFilter{User: v.text("user"), Client: v.text("client"), Ended: v.flag("ended"), Since: v.moment("since")}
				if a := v.address("address"); a.IsValid() {
					f.Address = a.String()
				}
				return f
			}),
		},
		{
			method: http.MethodPost, path: "/sessions/disconnect", need: access.Write, group: groupPeople, summary: "End the sessions of a person, or of those who come from an address.",
			fields: []field{userField(), addressField(), reasonField()}, choice: choice{of: []string{"user", "address"}},
			action: ask[Disconnected](view.PathEnd, func(v values) any {
				return struct {
					User    string     `json:"user"`
					Address netip.Addr `json:"address"`
					Reason  string     `json:"reason"`
				}{v.text("user"), v.address("address"), v.text("reason")}
			}),
		},
	}
}

// blocking is a block that is asked for, or that is to be lifted.
type blocking struct {
	User       string        `json:"user,omitempty"`
	Address    string        `json:"address,omitempty"`
	For        time.Duration `json:"for,omitempty"`
	Reason     string        `json:"reason"`
	Disconnect bool          `json:"disconnect,omitempty"`
}

// aDay is how long a block lasts where nothing else is said, as the command has it.
const aDay = 24 * time.Hour

func peopleRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/people", need: access.Read, group: groupPeople, summary: "Those of whom something is remembered that decides their next login. Reading them is recorded.",
			action: ask[view.People](view.PathPeople, nil),
		},
		{
			method: http.MethodPost, path: "/people/release", need: access.Write, group: groupPeople, summary: "Forget what stands against a person, or for them.",
			fields: []field{
				userField().need(),
				{name: "lockouts", kind: flag, says: "lift lockouts and pauses", as: "true"},
				{name: "remembered", kind: flag, says: "forget approvals", as: "false"},
				reasonField(),
			},
			choice: choice{of: []string{"lockouts", "remembered"}},
			action: ask[view.Released](view.PathRelease, func(v values) any {
				return view.Release{User: v.text("user"), Lockouts: v.flag("lockouts"), Remembered: v.flag("remembered"), Reason: v.text("reason")}
			}),
		},
		{
			method: http.MethodGet, path: "/blocks", need: access.Read, group: groupPeople, summary: "The blocks in force. Reading them is recorded.",
			action: ask[[]block.Block](view.PathBlocks, nil),
		},
		{
			method: http.MethodPost, path: "/blocks", need: access.Write, group: groupPeople, summary: "Keep a person or a network out for a while.",
			fields: []field{
				userField(), networkField(),
				{name: "for", kind: length, says: "how long, at most 8760h; left out: 24h", as: "24h"},
				reasonField(),
				{name: "disconnect", kind: flag, says: "end the sessions too", as: "true"},
			},
			choice: subject(),
			action: ask[Placed](view.PathBlock, func(v values) any {
				return blocking{v.text("user"), v.text("address"), v.length("for", aDay), v.text("reason"), v.flag("disconnect")}
			}),
		},
		{
			method: http.MethodPost, path: "/blocks/lift", need: access.Write, group: groupPeople, summary: "Lift a block, and the lockouts of a person.",
			fields: []field{userField(), networkField(), reasonField()}, choice: subject(),
			action: ask[Lifted](view.PathUnblock, func(v values) any {
				return blocking{User: v.text("user"), Address: v.text("address"), Reason: v.text("reason")}
			}),
		},
		{
			method: http.MethodGet, path: "/lockouts", need: access.Read, group: groupPeople, summary: "Who is locked out, where, and until when. Reading them is recorded.",
			action: ask[[]gate.Lockout](view.PathLockouts, nil),
		},
	}
}

func incidentRoutes() []route {
	id := idField("its identifier, or a beginning of it that no other one has")
	named := func(v values) any {
		return struct {
			ID     string `json:"id"`
			Reason string `json:"reason,omitempty"`
		}{v.text("id"), v.text("reason")}
	}
	return []route{
		{
			method: http.MethodGet, path: "/incidents", need: access.Read, group: groupIncidents, summary: "The incidents, the oldest first. Reading them is recorded.",
			fields: []field{
				{name: "all", kind: flag, says: "closed ones too", as: "true"},
				{name: "severity", kind: word, words: []string{"low", "medium", "high", "critical"}, says: "the least one", as: "high"},
			},
			action: ask[[]incident.Incident](view.PathIncidents, func(v values) any {
				in := struct {
					All      bool   `json:"all"`
					Severity string `json:"severity"`
				}{v.flag("all"), v.text("severity")}
				if in.Severity == "" {
					in.Severity = "low"
				}
				return in
			}),
		},
		{
			method: http.MethodGet, path: "/incidents/{id}", need: access.Read, group: groupIncidents, summary: "An incident with its history and evidence. Reading it is recorded.",
			fields: []field{id}, action: ask[incident.Incident](view.PathIncident, named),
		},
		{
			method: http.MethodPost, path: "/incidents/{id}/acknowledge", need: access.Write, group: groupIncidents, summary: "Say that somebody looks after an incident.",
			fields: []field{id, reasonField()}, action: ask[Handled](view.PathAck, named),
		},
		{
			method: http.MethodPost, path: "/incidents/{id}/close", need: access.Write, group: groupIncidents, summary: "Close an incident. Blocks stay until their end.",
			fields: []field{id, reasonField()}, action: ask[Handled](view.PathClose, named),
		},
	}
}

func clientRoutes() []route {
	nas := addressField().meant("the NAS's IP address; left out: the client as a whole")
	order := func(v values) any {
		return struct {
			Client  string     `json:"client"`
			Address netip.Addr `json:"address,omitzero"`
			Reason  string     `json:"reason,omitempty"`
			Force   bool       `json:"force,omitempty"`
		}{v.text("name"), v.address("address"), v.text("reason"), v.flag("force")}
	}
	return []route{
		{
			method: http.MethodGet, path: "/clients", need: access.Read, group: groupClients, summary: "The clients: their Message-Authenticator, patience, and the age of their secrets.",
			action: ask[view.Clients](view.PathClients, nil),
		},
		{
			method: http.MethodPost, path: "/clients/{name}/enforce", need: access.Configure, group: groupClients, summary: "Have a client send Message-Authenticator from now on.",
			fields: []field{nameField(), nas, reasonField(), {name: "force", kind: flag, says: "whether it is ready or not", as: "false"}},
			action: ask[Said](view.PathEnforce, order),
		},
		{
			method: http.MethodPost, path: "/clients/{name}/forget", need: access.Delete, group: groupClients, summary: "Let a client ask without Message-Authenticator again.",
			fields: []field{nameField(), nas, reasonField()}, action: ask[Said](view.PathForget, order),
		},
	}
}

func serverRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/nodes", need: access.Read, group: groupServer, summary: "The nodes that share one memory, and how that is.",
			action: ask[Nodes](view.PathNodes, nil),
		},
		{
			method: http.MethodGet, path: "/settings", need: access.Read, group: groupServer, summary: "The settings in force, redacted, and what has changed.",
			action: ask[view.Settings](view.PathSettings, nil),
		},
		{
			method: http.MethodPost, path: "/reload", need: access.Configure, group: groupServer, summary: "Take the settings of the file.",
			fields: []field{reasonField()},
			action: ask[view.Reloaded](view.PathReload, func(v values) any { return view.Reason{Reason: v.text("reason")} }),
		},
	}
}

func rehearsalRoutes() []route {
	return []route{
		{
			method: http.MethodPost, path: rehearsals, need: access.Write, group: groupRehearse, status: http.StatusAccepted,
			summary: "Begin a test login. It lets nobody in; with `configured` the person's phone rings. The header Location says where it is shown.",
			fields: []field{
				{name: "cloud", kind: word, must: true, words: []string{string(view.Simulator), string(view.Configured)}, says: "who is asked", as: "simulator"},
				userField().need(), clientField().need(), stationField(),
				{name: "password", kind: secret, says: "for a first factor; it is kept nowhere", as: "correct horse battery staple"},
				{name: "answer", kind: word, words: []string{"approve", "deny", "silent", "geofence", "timezone", "unknown_user"}, says: "of the simulator; left out: approve", as: "approve"},
				reasonField(),
			},
			action: ask[view.Rehearsed](view.PathRehearse, func(v values) any {
				return view.Rehearsal{
					Cloud: view.Cloud(v.text("cloud")), User: v.text("user"), Client: v.text("client"), CallingStation: v.text("calling_station"),
					Password: v.text("password"), Answer: v.text("answer"), Reason: v.text("reason"),
				}
			}),
		},
		{
			method: http.MethodGet, path: rehearsals + "/{id}", need: access.Read, group: groupRehearse, summary: "How a test login goes, so far.",
			fields: []field{idField("the rehearsal's identifier")},
			action: ask[view.Rehearsed](view.PathRehearsed, func(v values) any { return view.Named{ID: v.text("id")} }),
		},
	}
}

func windowRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/whoami", need: access.Read, group: groupWindow, summary: "Who asks, and what they may do.",
			action: own((*API).whoami),
		},
		{
			method: http.MethodGet, path: "/window-sessions", need: access.Read, group: groupWindow, summary: "Who is signed in to the window: one's own sessions; an admin sees all.",
			action: own(func(a *API, c call) ([]access.SessionInfo, error) { return a.deps.Sessions.Sessions(c.who), nil }),
		},
		{
			method: http.MethodDelete, path: "/window-sessions/{handle}", need: access.Read, group: groupWindow, status: http.StatusNoContent,
			summary: "End a session of the window: one's own, or with the permission to delete anybody's.",
			fields:  []field{{name: "handle", kind: handle, must: true, says: "of the session", as: "s-1"}},
			action:  action{do: endSession},
		},
		{
			method: http.MethodGet, path: document, need: access.Read, group: groupWindow, summary: "This document.",
			action: action{},
		},
	}
}
