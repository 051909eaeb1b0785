// Package accounting reads what an Accounting-Request says (RFC 2866), for the audit trail.
//
// The server verifies a packet's authenticator and structure first; then Parse turns its attributes into the
// audit.Accounting that is kept before the answer leaves. The values are still whatever the NAS, or the person behind it,
// chose to write: texts come out printable and bounded, and a value that does not fit its type is treated as absent,
// since a packet is not to be dropped for it (RFC 6929 section 2.8). Only a packet that does not say what happened, that
// is without a status the trail has a word for, is an error.
//
// A NAS repeats a request until it is answered, and updates Acct-Delay-Time when it does, so the repetition is a new
// packet. NameOf names the happening rather than the packet, and Happenings let the server keep it once.
package accounting
