package defence

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
)

// disconnectWithin is how long sessions may take to be ended: less than a command waits.
const disconnectWithin = 8 * time.Second

// subject is whom a block is about: one of them.
type subject struct {
	User    string `json:"user,omitempty"`
	Address string `json:"address,omitempty"` // or prefix
}

// block is a block of the subject, in the form in which they are compared.
func (s subject) block() (block.Block, error) {
	switch {
	case (s.User == "") == (s.Address == ""):
		return block.Block{}, errors.New("name either --user or --address")
	case s.User != "":
		b, err := block.OfUser(s.User)
		if err != nil {
			err = fmt.Errorf("--user: %w", err)
		}
		return b, err
	}
	b, err := block.OfAddress(s.Address)
	if err != nil {
		err = fmt.Errorf("--address: %w", err)
	}
	return b, err
}

// placing is a block to be placed.
type placing struct {
	subject
	For        time.Duration `json:"for"`
	Reason     string        `json:"reason"`
	Disconnect bool          `json:"disconnect"`
}

// check says what is wrong with what was asked.
func (p placing) check(now time.Time) (block.Block, error) {
	b, err := p.block()
	if err != nil {
		return b, err
	}
	b.Until, b.Reason = now.Add(p.For).UTC().Truncate(time.Second), p.Reason
	if p.Disconnect && b.User == "" && !b.Prefix.IsSingleIP() {
		return b, errors.New("--disconnect goes with a person or one address")
	}
	if p.For <= 0 {
		return b, fmt.Errorf("--for: %v: name how long, as 24h", p.For)
	}
	return b, b.Check(now)
}

// placed is a block that is in force.
type placed struct {
	Block    block.Block `json:"block"`
	Sessions int         `json:"sessions"`         // that were ended
	Undone   string      `json:"undone,omitempty"` // why not all were
}

func blocking() operation[placing, placed] {
	return operation[placing, placed]{"/block", func(ctx context.Context, d Deps, actor string, in placing) (placed, error) {
		now := time.Now()
		b, err := in.check(now)
		if err != nil {
			return placed{}, err
		}
		b.By, b.At = actor, now.UTC()
		if err := commit(ctx, d, audit.Action{
			Action: "block", Actor: actor, Target: b.Subject(), Detail: fmt.Sprintf("until %s: %s", b.Until.Format(time.RFC3339), b.Reason),
		}); err != nil {
			return placed{}, err
		}
		if err := d.Blocks.Place(b); err != nil { //nolint:contextcheck // it is done to its end, within a bound of its own
			return placed{}, control.Refused(view.Failed, refusal(err))
		}
		if b.User != "" && d.Forget != nil {
			d.Forget(b.User)
		}
		out := placed{Block: b}
		if in.Disconnect {
			out.Sessions, err = disconnect(ctx, d, actor, b)
			if err != nil {
				out.Undone = err.Error()
			}
		}
		return out, nil
	}}
}

// disconnect ends the sessions of whom a block is about. What became of them stands in the trail by the Disconnector's word.
func disconnect(ctx context.Context, d Deps, actor string, b block.Block) (int, error) {
	if d.Disconnector == nil {
		return 0, errors.New("no server is running, or no client takes Disconnect-Requests (clients[].disconnect_port)")
	}
	var station string
	var addr netip.Addr
	if b.User == "" {
		addr = b.Prefix.Addr()
		station = addr.String()
	}
	if err := commit(ctx, d, audit.Action{Action: "disconnect", Actor: actor, Target: b.Subject(), Detail: b.Reason}); err != nil {
		return 0, err
	}
	within, cancel := context.WithTimeout(ctx, disconnectWithin)
	defer cancel()
	n, err := d.Disconnector.Disconnect(within, b.User, addr)
	if err != nil {
		err = errors.Join(err, commit(ctx, d, audit.Security{
			Event: "disconnect_failed", User: b.User, CallingStation: station, Detail: fmt.Sprintf("by hand: sessions ended: %d", n),
		}))
	}
	return n, err
}

func listingBlocks() operation[struct{}, []block.Block] {
	return operation[struct{}, []block.Block]{"/block/list", func(ctx context.Context, d Deps, actor string, _ struct{}) ([]block.Block, error) {
		if err := commit(ctx, d, audit.Access{Action: "blocks", Actor: actor}); err != nil {
			return nil, err
		}
		return d.Blocks.All(), nil
	}}
}

var errNoServer = errors.New("no server is running on this state.directory, and it alone knows who is locked out")

func listingLockouts() operation[struct{}, []gate.Lockout] {
	return operation[struct{}, []gate.Lockout]{"/block/lockouts", func(ctx context.Context, d Deps, actor string, _ struct{}) ([]gate.Lockout, error) {
		if d.Lockouts == nil {
			return nil, control.Refused(view.Unavailable, errNoServer)
		}
		if err := commit(ctx, d, audit.Access{Action: "blocks", Actor: actor, Filter: "lockouts"}); err != nil {
			return nil, err
		}
		return append([]gate.Lockout{}, d.Lockouts.Lockouts()...), nil
	}}
}

// lifting is a block to be lifted.
type lifting struct {
	subject
	Reason string `json:"reason"`
}

// lifted is what was lifted.
type lifted struct {
	Subject  string        `json:"subject"`
	Lifted   bool          `json:"lifted"`             // there was a block
	Released bool          `json:"released"`           // the gate was told
	Covering []block.Block `json:"covering,omitempty"` // wider ones, which stay
}

func unblocking() operation[lifting, lifted] {
	return operation[lifting, lifted]{"/unblock", func(ctx context.Context, d Deps, actor string, in lifting) (lifted, error) {
		b, err := in.check()
		if err != nil {
			return lifted{}, err
		}
		_, there := d.Blocks.Find(b)
		out := lifted{Subject: b.Subject(), Released: b.User != "" && d.Releaser != nil, Covering: d.Blocks.Covering(b)}
		if !there && !out.Released {
			return out, fmt.Errorf("%w of exactly %s%s: see ivalt-radius block list%s", block.ErrNoBlock, out.Subject, wider(out.Covering), notReleased(b))
		}
		if err := commit(ctx, d, audit.Action{Action: "unblock", Actor: actor, Target: out.Subject, Detail: in.Reason}); err != nil {
			return out, err
		}
		if out.Released {
			d.Releaser.Release(b.User, "")
		}
		_, err = d.Blocks.Lift(b) //nolint:contextcheck // as in block
		out.Lifted = err == nil || errors.Is(err, block.ErrElsewhere) && !errors.Is(err, block.ErrNoBlock)
		if errors.Is(err, block.ErrNoBlock) && !errors.Is(err, block.ErrElsewhere) { // there was none, or it has ended meanwhile
			err = nil
		}
		return out, control.Refused(view.Failed, refusal(err))
	}}
}

// notReleased says of a person that lockouts stand, in words that end a sentence: no server runs.
func notReleased(b block.Block) string {
	if b.User == "" {
		return ""
	}
	return "; lockouts and pauses are lifted by a running server alone, and none runs"
}

// check says what is wrong with what was asked.
func (l lifting) check() (block.Block, error) {
	b, err := l.block()
	if err != nil {
		return b, err
	}
	probe, now := b, time.Now()
	probe.Reason, probe.Until = l.Reason, now.Add(time.Minute)
	return b, probe.Check(now)
}

// wider names the blocks that cover a subject, in the words that end a sentence.
func wider(blocks []block.Block) string {
	if len(blocks) == 0 {
		return ""
	}
	const most = 5
	names := make([]string, 0, most)
	for _, b := range blocks[:min(most, len(blocks))] {
		names = append(names, b.Subject())
	}
	return "; it is in " + strings.Join(names, ", ") + ", which is blocked"
}
