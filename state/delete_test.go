package state

import (
	"errors"
	"testing"
)

// TestDeleteAll removes many at once, and minds none that is not there.
func TestDeleteAll(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(store.DeleteAll("none", []string{"a"}), store.Put("b", "a", nil), store.Put("b", "c", nil), store.Put("b", "d", nil),
		store.DeleteAll("b", []string{"a", "d", "x"}))
	var left []string
	err = errors.Join(err, store.Each("b", func(key string, _ []byte) { left = append(left, key) }), store.Close())
	if err != nil || len(left) != 1 || left[0] != "c" {
		t.Errorf("%v left, %v", left, err)
	}
	if store.DeleteAll("b", []string{"c"}) == nil {
		t.Error("deleted in a store that is closed")
	}
}
