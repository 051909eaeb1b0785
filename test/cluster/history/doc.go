// Package history judges what happened to the logins of several nodes on one memory: every packet and every answer, every push and what people
// said, when nodes were down and when the memory was lost, and what the nodes' trails hold at the end. It is pure: it looks at no clock and no network.
//
// # What must hold
//
//   - At most one push a login. Another one is allowed for each time that the memory was lost while the login was open, and for each further packet that
//     left when the login was over already: its Reject is not joinable, and its Accept is so for Joinable.
//   - No Access-Accept without an approval, by that person, between that login's first push and the answer.
//   - Every Access-Accept has a record in the trail of the node that sent it.
//   - Every packet is answered within Within and Grace of when its node first got it, unless the node was down in that time, or nobody listened for so long.
//   - Every answer verifies, under the secret and the packet's own authenticator.
//   - Every push belongs to a login that somebody sent before.
package history
