// Package seal keeps secrets as age ciphertexts (age-encryption.org/v1) in the settings, so that a configuration file, its copies
// and its history show none. The one key that opens them lies in a file of its own, for the server's account alone.
//
// A sealed secret stands in the settings as "sealed:" and standard base64, on one line. seal.go seals and opens; recipient.go seals
// with the public half alone; file.go keeps the key, and passphrase.go one that is itself encrypted with a passphrase. recipients.go
// and identities.go encrypt and decrypt whole streams: exports and backups.
package seal
