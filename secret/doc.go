// Package secret holds texts that must appear in no output: shared secrets, API keys, passwords.
//
// A Secret redacts itself in every verb of fmt, in JSON, in YAML and in text encodings. Only Reveal gives the text, so a reader
// finds every place that handles it by looking for one word.
package secret
