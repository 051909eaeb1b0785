package cluster

// Size is how many attempts and phones are remembered.
func (m *Memory) Size() (attempts, phones int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.attempts), len(m.phones)
}
