package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"filippo.io/age"

	"ivalt-radius/secret"
)

// Prefix stands before a sealed secret in the settings.
const Prefix = "sealed:"

// Sizes in octets: no secret of the settings is near either.
const (
	mostSecret = 4096
	mostSealed = 16 << 10 // as base64
)

// Errors of Seal and Open. None quotes anything of the secret, the key or the sealed text.
var (
	ErrSecret  = fmt.Errorf("is no secret to seal: one line of text without control characters, of 1 to %d octets", mostSecret)
	ErrDamaged = errors.New("the sealed secret is damaged or cut off: seal the secret anew with `ivalt-radius seal`")
	ErrKey     = errors.New("the secret was sealed for another key: put that key's file in its place, or seal the secret anew with `ivalt-radius seal`")
)

// Key seals secrets and opens them. It never prints itself. The zero Key does neither.
type Key struct{ identity *age.X25519Identity }

// Make draws a new key by lot.
func Make() (Key, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return Key{}, fmt.Errorf("drawing a key: %w", err)
	}
	return Key{identity}, nil
}

// Seal is the secret as the settings hold it: Prefix and one line of base64. Two seals of one secret differ.
func (k Key) Seal(s secret.Secret) (string, error) {
	return k.Recipient().Seal(s)
}

// Sealable refuses what Seal refuses, as ErrSecret.
func Sealable(s secret.Secret) error {
	text := s.Reveal()
	if text == "" || len(text) > mostSecret || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return ErrSecret
	}
	return nil
}

// sealAny seals whatever text.
func (r Recipient) sealAny(text string) (string, error) {
	if r.recipient == nil {
		return "", errNoKey
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, r.recipient)
	if err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	_, err = io.WriteString(w, text)
	if err = errors.Join(err, w.Close()); err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	return Prefix + base64.StdEncoding.EncodeToString(sealed.Bytes()), nil
}

var errNoKey = errors.New("there is no key")

// Open is the secret that Seal sealed, or age for the key's recipient. The Prefix may stand before it or not. The error is
// ErrKey or ErrDamaged.
func (k Key) Open(sealed string) (secret.Secret, error) {
	sealed = strings.TrimPrefix(sealed, Prefix)
	if len(sealed) > mostSealed {
		return secret.Secret{}, ErrDamaged
	}
	octets, err := base64.StdEncoding.Strict().DecodeString(sealed)
	if err != nil || strings.ContainsAny(sealed, "\r\n") {
		return secret.Secret{}, ErrDamaged
	}
	if k.identity == nil {
		return secret.Secret{}, ErrKey
	}
	r, err := age.Decrypt(bytes.NewReader(octets), k.identity)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return secret.Secret{}, ErrKey
	}
	if err != nil {
		return secret.Secret{}, ErrDamaged // not age's own words: they quote what they read
	}
	text, err := io.ReadAll(io.LimitReader(r, mostSecret+1))
	if err != nil || len(text) > mostSecret {
		return secret.Secret{}, ErrDamaged
	}
	return secret.New(string(text)), nil
}

// String implements fmt.Stringer.
func (Key) String() string { return secret.Redacted }

// GoString implements fmt.GoStringer, for %#v.
func (Key) GoString() string { return secret.Redacted }

// Format implements fmt.Formatter, so that no verb reaches the key.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(secret.Redacted)) }

// MarshalText implements encoding.TextMarshaler, and so that of JSON.
func (Key) MarshalText() ([]byte, error) { return []byte(secret.Redacted), nil }
