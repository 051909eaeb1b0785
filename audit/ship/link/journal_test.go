package link

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestNoJournal: a machine without journald is told apart from one whose journald does not answer.
func TestNoJournal(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	if _, err := (Journal{Socket: socket}).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "journald does not run here: there is no "+socket) {
		t.Errorf("%v", err)
	}
}
