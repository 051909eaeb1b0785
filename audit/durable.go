package audit

// Durable is the number of the last record that is on disk and will not be taken back; 0: there is none. It does not block.
func (t *Trail) Durable() (seq uint64) { return t.durable.Load() }
