package identity

import (
	"context"
	"errors"
	"testing"

	"ivalt-radius/secret"
)

// TestWith: what is known stays, but for an e-mail that is made of the name.
func TestWith(t *testing.T) {
	alice, err := ParseUsername("alice")
	if err != nil {
		t.Fatal(err)
	}
	phone, err := ParseMobile("+14155550101")
	if err != nil {
		t.Fatal(err)
	}
	listed := Person{Name: alice, Email: secret.New("listed@example.com"), Mobile: phone, Phones: []Mobile{phone}}
	got := Person{Email: secret.New("made@example.com"), EmailMade: true}.With(listed)
	if got.Name != alice || got.Email.Reveal() != "listed@example.com" || got.EmailMade || got.Mobile.Empty() || len(got.Phones) != 1 {
		t.Errorf("what is not known is not added: %v", got.Name)
	}
	if got := listed.With(Person{Email: secret.New("other@example.com")}); got.Name != alice || got.Email.Reveal() != "listed@example.com" || got.Mobile.Empty() {
		t.Error("what is known is replaced")
	}
}

// TestDirectoryFunc: a function is a directory, its error too.
func TestDirectoryFunc(t *testing.T) {
	gone := errors.New("gone")
	var d Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Handle: "dn"}, gone })
	if p, err := d.Person(t.Context(), Username{}); p.Handle != "dn" || !errors.Is(err, gone) {
		t.Errorf("%q, %v", p.Handle, err)
	}
}
