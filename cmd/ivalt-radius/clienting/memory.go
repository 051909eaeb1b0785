package clienting

import (
	"errors"
	"fmt"

	"ivalt-radius/audit"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/state"
	nodes "ivalt-radius/state/cluster"
)

// The buckets of the state, and how many addresses each holds at most.
const (
	learnedBucket  = "message_authenticator"
	enforcedBucket = "message_authenticator_enforced"
	mostAddresses  = 1 << 20
)

// Memory is what outlives a restart of the clients' addresses. Its parts are safe for concurrent use.
type Memory struct {
	Learned   *state.Learned // addresses that once sent a valid Message-Authenticator, under auto
	Enforced  *state.Learned // addresses, and clients, that must send it by somebody's word
	Sightings *sighting.Book

	store *state.Store
}

// Open reads the memory. The store stays the caller's, to be closed behind Close.
func Open(store *state.Store) (*Memory, error) {
	m := &Memory{store: store}
	var err error
	if m.Learned, err = state.NewLearned(store, learnedBucket, mostAddresses); err != nil {
		return nil, err
	}
	if m.Enforced, err = state.NewLearned(store, enforcedBucket, mostAddresses); err != nil {
		return nil, errors.Join(err, m.Learned.Close())
	}
	if m.Sightings, err = sighting.Open(store); err != nil {
		return nil, errors.Join(err, m.Enforced.Close(), m.Learned.Close())
	}
	return m, nil
}

// Close writes what is not on disk yet. A nil Memory has nothing to write.
func (m *Memory) Close() error {
	if m == nil {
		return nil
	}
	return errors.Join(m.Sightings.Save(), m.Enforced.Close(), m.Learned.Close())
}

// Heed hands on what the recorder is told. A nil Memory heeds nothing.
func (m *Memory) Heed(e audit.Event) {
	if m != nil {
		m.Sightings.Heed(e)
	}
}

// enforce has a key enforced from now on, and is on disk when it returns.
func (m *Memory) enforce(key string) error {
	if err := m.store.Put(enforcedBucket, key, []byte{1}); err != nil {
		return fmt.Errorf("keeping the enforcement: %w", err)
	}
	if !m.Enforced.Learn(key) && !m.Enforced.Has(key) {
		return errors.New("too many addresses are enforced: enforce the client as a whole, without --address")
	}
	return nil
}

// lift forgets a key where it is there, at all nodes.
func lift(from *state.Learned, key string) error {
	if !from.Has(key) {
		return nil
	}
	if err := from.ForgetAll(key); err != nil {
		return fmt.Errorf("the address could not be forgotten everywhere: %w", err)
	}
	return nil
}

// Share has what is learned and enforced known at all nodes. It is called once, before the server reads packets.
func (m *Memory) Share(learned, enforced nodes.Table) {
	m.Learned.Share(learned)
	m.Enforced.Share(enforced)
}
