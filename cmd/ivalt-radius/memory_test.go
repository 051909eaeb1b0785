package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestKeepMemory(t *testing.T) {
	before, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, uintptr(before), 0, 0, 0) })
	if err := keepMemory(); err != nil {
		t.Fatal(err)
	}
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	var limit unix.Rlimit
	limitErr := unix.Getrlimit(unix.RLIMIT_CORE, &limit)
	if err != nil || limitErr != nil || dumpable != 0 || limit != (unix.Rlimit{}) {
		t.Errorf("dumpable %d, core files of %d octets; %v, %v", dumpable, limit.Cur, err, limitErr)
	}
}
