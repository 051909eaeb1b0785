// Package keys is the table of all settings: each key's path, type, range, default and meaning. Package config decodes them, the
// docs are made from them.
package keys
