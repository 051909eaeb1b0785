// Package ldap asks an LDAP directory who a person is, and whether their password is right: Active Directory, OpenLDAP, and what
// speaks as they do (RFC 4511).
//
//	login name ── search ──> entry ── groups, level by level ──> auth.Person      the search account's connections
//	entry's DN, password ── simple bind ──> right, wrong, locked, expired         connections of their own
//
// Where no search account is set, the bind itself says who it is (`user_dn`), and the person is read on the connection that they
// opened.
//
// Servers are asked in their order: one that cannot be reached, says nothing in time or is busy stands behind the others for a
// while, but no answer about a password is ever asked for twice. Each server has a pool with a bound, whose two kinds of
// connections never mix. All that one question asks of one server costs `timeout` at most.
//
// Nothing is sent in the clear unless `insecure_plaintext` says so, and nothing that a server writes stands in an error: result
// codes alone do, in our words.
package ldap
