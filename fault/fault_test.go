package fault

import (
	"testing"
)

func TestList(t *testing.T) {
	var l List
	if l.Err() != nil || len(l.Fatal()) != 0 || len(l.Warnings()) != 0 {
		t.Errorf("nothing is something: %v", l)
	}
	l.Warn("a", "be %s", "careful")
	if l.Err() != nil {
		t.Errorf("a warning is fatal: %v", l.Err())
	}
	l.Add("b[0].c", "is %d, not 2", 3)
	l = append(l, Fault{File: "users.yaml", Line: 7, Key: "d", Message: "is odd"})
	if got, want := l.Err().Error(), "b[0].c: is 3, not 2\nusers.yaml: line 7: d: is odd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(l.Fatal()) != 2 || len(l.Warnings()) != 1 || l.Warnings()[0].String() != "a: be careful" || len(l) != 3 {
		t.Errorf("fatal %v, warnings %v", l.Fatal(), l.Warnings())
	}
}
