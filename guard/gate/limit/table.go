package limit

// Table is a bounded map: where it is full the entry that was used longest ago gives way. An entry costs its value and about 100 octets,
// and none is allocated once the table is full.
type Table[K comparable, V any] struct {
	most    int
	gone    func(K)
	entries map[K]*entry[K, V]
	ends    entry[K, V]  // of the ring: next is the newest, former the oldest
	spare   *entry[K, V] // deleted ones, by next, so that what comes and goes allocates nothing
	spares  int
}

// mostSpare bounds the deleted entries that are kept.
const mostSpare = 64

type entry[K comparable, V any] struct {
	key          K
	value        V
	next, former *entry[K, V]
}

// NewTable makes a table of at most so many entries, at least one. gone, where it is not nil, is told of each key that gave way; it must
// not call the table.
func NewTable[K comparable, V any](most int, gone func(K)) *Table[K, V] {
	t := &Table[K, V]{most: max(1, most), gone: gone, entries: map[K]*entry[K, V]{}}
	t.ends.next, t.ends.former = &t.ends, &t.ends
	return t
}

// Get is the value of a key, and marks it as used; nil where there is none. The value may be changed until the next Put.
func (t *Table[K, V]) Get(key K) *V {
	e := t.entries[key]
	if e == nil {
		return nil
	}
	t.use(e)
	return &e.value
}

// Peek is Get, and does not mark it.
func (t *Table[K, V]) Peek(key K) *V {
	if e := t.entries[key]; e != nil {
		return &e.value
	}
	return nil
}

// Put is Get, and makes a zero value where there is none.
func (t *Table[K, V]) Put(key K) *V {
	if v := t.Get(key); v != nil {
		return v
	}
	if len(t.entries) >= t.most {
		oldest := t.ends.former.key
		t.Delete(oldest)
		if t.gone != nil {
			t.gone(oldest)
		}
	}
	e := t.fresh()
	e.key = key
	t.entries[key] = e
	t.link(e)
	return &e.value
}

// Delete removes a key; one that is not there is no error.
func (t *Table[K, V]) Delete(key K) {
	if e := t.entries[key]; e != nil {
		delete(t.entries, key)
		e.former.next, e.next.former = e.next, e.former
		*e = entry[K, V]{}
		if t.spares < mostSpare {
			e.next, t.spare = t.spare, e
			t.spares++
		}
	}
}

// fresh is an entry with nothing in it.
func (t *Table[K, V]) fresh() *entry[K, V] {
	e := t.spare
	if e == nil {
		return &entry[K, V]{}
	}
	t.spare, e.next = e.next, nil
	t.spares--
	return e
}

// Len is how many entries there are.
func (t *Table[K, V]) Len() int { return len(t.entries) }

// Each calls do for every entry, the one that was used last first. do may delete the entry that it is called for.
func (t *Table[K, V]) Each(do func(key K, value *V)) {
	for e := t.ends.next; e != &t.ends; {
		next := e.next
		do(e.key, &e.value)
		e = next
	}
}

// use makes an entry the newest.
func (t *Table[K, V]) use(e *entry[K, V]) {
	e.former.next, e.next.former = e.next, e.former
	t.link(e)
}

func (t *Table[K, V]) link(e *entry[K, V]) {
	e.former, e.next = &t.ends, t.ends.next
	e.next.former, t.ends.next = e, e
}
