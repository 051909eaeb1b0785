package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// mostRecipients is more octets than a file of recipients has.
const mostRecipients = 64 << 10

// recipientPrefix begins a recipient of age's: a public key (X25519).
const recipientPrefix = "age1"

// errRecipient quotes nothing: what is no recipient may be a secret key in the wrong place.
var errRecipient = fmt.Errorf("%w, or name a file with one on each line", ErrRecipient)

// Recipients are the recipients that are named: each is one itself, age1..., or a file with one on each line and comments behind #.
func Recipients(named []string) ([]string, error) {
	var all []string
	for _, name := range named {
		if strings.HasPrefix(name, recipientPrefix) {
			all = append(all, name)
			continue
		}
		found, err := recipientsIn(name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	_, err := parseRecipients(all)
	return all, err
}

func parseRecipients(all []string) ([]age.Recipient, error) {
	keys := make([]age.Recipient, len(all))
	for i, text := range all {
		key, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, errRecipient
		}
		keys[i] = key
	}
	return keys, nil
}

func recipientsIn(path string) ([]string, error) {
	if strings.HasPrefix(strings.ToUpper(path), "AGE-SECRET-KEY-") {
		return nil, errors.New("that is a secret key: a recipient is its public half, which begins with age1")
	}
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("reading recipients: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, mostRecipients+1))
	if err != nil {
		return nil, fmt.Errorf("reading recipients: %w", err)
	}
	var found []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	if len(found) == 0 || len(text) > mostRecipients {
		return nil, fmt.Errorf("the file %q names no recipient, or too many", path)
	}
	return found, nil
}

// EncryptTo encrypts what is written to it, for each of the recipients as Recipients gives them, in the form that age decrypts. Close ends
// the text: without it nothing decrypts. It does not close w.
func EncryptTo(w io.Writer, recipients []string) (io.WriteCloser, error) {
	keys, err := parseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, errors.New("encrypting for nobody")
	}
	out, err := age.Encrypt(w, keys...)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return out, nil
}
