// Package mask knows the data that outputs must not show, by class: API keys, e-mail addresses, mobiles, addresses.
//
//	class    form                                                              becomes
//	api_key  32 octets of [A-Za-z0-9_-] or more that are no words, numbers,    [API_KEY_MASKED]
//	         UUID, SHA-256 digest, or part of a file's path
//	email    local part, @, and a domain with a dot                            [EMAIL_MASKED]
//	mobile   + and 8 digits or more, singly parted by blanks and the like      its last two digits behind stars
//	address  IPv4, IPv6, and a MAC with colons                                 a keyed pseudonym
//
// Text is the last filter of free texts: the words of a log line and an event's detail. It leaves addresses, which an operator
// needs, and it is not for a login name, which stays whole even where it looks like an e-mail. Where a Detail is written by the
// house's own rules it finds nothing; it is there for the day on which one is not.
//
// A Pseudonymizer makes records for others to read: names and addresses are replaced, so that one person can be followed, and
// nobody without its key can tell who it is.
package mask
