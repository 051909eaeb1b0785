package seal

import (
	"bufio"
	"errors"
	"io"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// DecryptWith reads what was encrypted to the key's recipient, as EncryptTo does, armored or not. The Reader's own errors say that
// the text is damaged or cut off: only a Reader that ends with io.EOF has given all of it. The error is ErrForOther or ErrDecrypt.
func DecryptWith(in io.Reader, k Key) (io.Reader, error) {
	if k.identity == nil {
		return nil, ErrForOther
	}
	buffered := bufio.NewReader(in)
	in = buffered
	if begin, err := buffered.Peek(len(armor.Header)); err == nil && string(begin) == armor.Header {
		in = armor.NewReader(buffered)
	}
	r, err := age.Decrypt(in, k.identity)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return nil, ErrForOther
	}
	if err != nil {
		return nil, ErrDecrypt // not age's own words: they quote what they read
	}
	return r, nil
}

// Errors of DecryptWith.
var (
	ErrForOther = errors.New("it is encrypted to another key")
	ErrDecrypt  = errors.New("it is damaged, or no age file")
)
