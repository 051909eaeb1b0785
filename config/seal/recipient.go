package seal

import (
	"errors"
	"strings"

	"filippo.io/age"

	"ivalt-radius/secret"
)

// ErrRecipient says that a text is no public half of a key. It quotes nothing, since it may be the private half.
var ErrRecipient = errors.New("is no recipient: give the public half of a key, age1..., as `ivalt-radius seal --show-recipient` prints it")

// Recipient is the public half of a Key: it seals and opens nothing. The zero Recipient does not even seal.
type Recipient struct{ recipient *age.X25519Recipient }

// ParseRecipient reads a Recipient as String writes it. The error is ErrRecipient.
func ParseRecipient(text string) (Recipient, error) {
	r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
	if err != nil {
		return Recipient{}, ErrRecipient
	}
	return Recipient{r}, nil
}

// Recipient is the key's public half; the zero one of the zero Key.
func (k Key) Recipient() Recipient {
	if k.identity == nil {
		return Recipient{}
	}
	return Recipient{k.identity.Recipient()}
}

// String is the recipient, age1...; empty for the zero Recipient.
func (r Recipient) String() string {
	if r.recipient == nil {
		return ""
	}
	return r.recipient.String()
}

// Seal is Key.Seal, by whoever has the public half alone.
func (r Recipient) Seal(s secret.Secret) (string, error) {
	if err := Sealable(s); err != nil {
		return "", err
	}
	return r.sealAny(s.Reveal())
}
