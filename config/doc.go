// Package config reads the operator's settings: one YAML file, the environment over it, the people's file beside it, and the
// secrets that they point to.
//
// The way of a setting, in the order of the files:
//
//	keys/        the one table of keys: type, default, range, meaning; reference.go prints it for the docs
//	tree/        file and environment -> a tree of values that the table allows, and the place of each key
//	settings.go  tree -> Settings, plain structs
//	secrets.go   "env:", "file:" -> the secret texts; sealed.go opens "sealed:" with the key of seal/; people.go reads users.file
//	check.go     what single keys cannot show: uniqueness, and the warnings
//	redact.go    Settings -> texts for logs, their digest, and what a reload changes
//
// All faults are reported together. What a value means (hours, reply attributes, profiles) is checked by the constructor of
// the room that owns it; its faults get their lines from Settings.Locate. Every load is independent of the others: the package
// keeps no state, reads no global environment and prints nothing.
package config
