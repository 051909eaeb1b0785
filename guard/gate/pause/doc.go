// Package pause keeps a phone from ringing for a while: nobody answered it several times in a row, or the person refused a push.
//
// Each familiar place of a person has pauses of its own, and all other places share one. So a stranger who knows a password
// can make the phone quiet for strangers alone.
package pause
