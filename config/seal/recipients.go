package seal

import (
	"fmt"
	"io"

	"filippo.io/age"
)

// EncryptTo encrypts what is written to all the recipients, age1...; it is whole once Close has returned nil.
func EncryptTo(w io.Writer, recipients []string) (io.WriteCloser, error) {
	all := make([]age.Recipient, len(recipients))
	for i, text := range recipients {
		r, err := ParseRecipient(text)
		if err != nil {
			return nil, err
		}
		all[i] = r.recipient
	}
	out, err := age.Encrypt(w, all...)
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return out, nil
}
