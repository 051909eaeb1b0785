// Package familiar remembers from which calling stations a person was let in by an approved push.
//
// It is what tells a person at home from a stranger who knows the name: nobody but the person can make a place familiar, since the phone
// said yes to it.
package familiar
