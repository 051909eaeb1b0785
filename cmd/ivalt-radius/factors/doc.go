// Package factors judges what the settings say of first factors once the rules are known: which first factor the logins through
// each client may come to, and what cannot work, or protects nobody, with it.
//
// A rule's first factor goes before the client's, and that before primary.method. The package asks the policy which rules a client's logins
// can reach (policy.Possible), so that no client is blamed for a rule that never decides for it.
package factors
