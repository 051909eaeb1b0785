package block

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/guard"
)

// Errors that a caller may want to tell apart.
var (
	ErrFull    = fmt.Errorf("there are %d blocks, and no more are taken: lift some, or block a wider prefix", Most)
	ErrNoBlock = errors.New("there is no such block")
)

// Most bounds how many blocks there are.
const Most = 100_000

// Longest is how long a block may last.
const Longest = 365 * 24 * time.Hour

// mostWord bounds By and Incident, in octets.
const mostWord = 200

// Block says who may not come in. It has a User or a Prefix, never both.
type Block struct {
	User     string       `json:"user,omitempty"`    // in canonical form
	Prefix   netip.Prefix `json:"address,omitzero"`  // masked, never IPv4-mapped
	Until    time.Time    `json:"until"`             // exclusive
	Reason   string       `json:"reason"`            // safe words
	By       string       `json:"by"`                // the actor, or "automatic"
	Incident string       `json:"incident,omitzero"` // the identifier of the one that it follows from; empty: none
	At       time.Time    `json:"at"`                // when it was placed
}

// OfUser is the subject of a block that is a person, by any spelling of the name.
func OfUser(name string) (Block, error) {
	user, err := auth.ParseUsername(name)
	return Block{User: user.String()}, err
}

// OfAddress is the subject of a block that is a network: an address, or a prefix.
func OfAddress(text string) (Block, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return Block{Prefix: netip.PrefixFrom(addr, addr.BitLen())}, nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return Block{}, fmt.Errorf("%q is neither an address nor a prefix, as 192.0.2.0/24", text)
	}
	return Block{Prefix: plain(prefix)}, nil
}

// mapped is how many bits of an IPv4-mapped address stand before the IPv4 address (RFC 4291 section 2.5.5.2).
const mapped = 96

// plain is a prefix masked, and as IPv4 where it is IPv4-mapped.
func plain(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked()
}

// Subject is whom the block is about, as the trail names it: the user, the address, or the prefix.
func (b Block) Subject() string {
	switch {
	case b.User != "":
		return b.User
	case b.Prefix.IsSingleIP():
		return b.Prefix.Addr().String()
	}
	return b.Prefix.String()
}

// Check says what is wrong with a block that is to be placed now; nil where nothing is.
func (b Block) Check(now time.Time) error {
	_, err := b.canonical()
	if err == nil {
		err = b.ends(now)
	}
	return err
}

// canonical is the block with its user and prefix in the form in which they are compared, or what is wrong with it.
func (b Block) canonical() (Block, error) {
	if (b.User == "") == !b.Prefix.IsValid() {
		return b, errors.New("a block has a user or an address, and not both")
	}
	if b.User != "" {
		user, err := auth.ParseUsername(b.User)
		if err != nil {
			return b, err
		}
		b.User = user.String()
	} else if b.Prefix = plain(b.Prefix); b.Prefix.Bits() == 0 {
		return b, fmt.Errorf("%s is everybody: name a longer prefix", b.Prefix)
	}
	if err := guard.CheckReason(b.Reason); err != nil {
		return b, fmt.Errorf("a block's reason: %w", err)
	}
	if max(len(b.By), len(b.Incident)) > mostWord || !guard.Printable(b.By+b.Incident) {
		return b, errors.New("a block's texts are short, and have no control characters")
	}
	return b, nil
}

// ends says what is wrong with a block's end, seen from now.
func (b Block) ends(now time.Time) error {
	switch last := b.Until.Sub(now); {
	case last <= 0:
		return errors.New("a block ends in the future")
	case last > Longest:
		return fmt.Errorf("a block lasts %v at most", Longest)
	}
	return nil
}
