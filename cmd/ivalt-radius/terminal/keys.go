package terminal

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Size is how many columns and rows a terminal has; 0 and 0 where the stream is none, or does not say.
func Size(stream any) (columns, rows int) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, 0
	}
	size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(size.Col), int(size.Row)
}

// tenths is how long a read of a key waits, in tenths of a second, before it looks whether anybody still wants one.
const tenths = 2

// Keys are the keys that are pressed, one by one and not shown, until ctx ends or restore is called, which puts the terminal back and returns once
// nothing reads from it any more. Where in is no terminal none is pressed.
func Keys(ctx context.Context, in any) (keys <-chan byte, restore func()) {
	file, ok := in.(*os.File)
	if !ok {
		return nil, func() {}
	}
	fd := int(file.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, func() {}
	}
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 0, tenths
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	pressed, done := make(chan byte), make(chan struct{})
	go func() {
		defer close(done)
		read(ctx, file, pressed)
	}()
	return pressed, func() {
		cancel()
		<-done
		_ = unix.IoctlSetTermios(fd, unix.TCSETS, before)
	}
}

// read hands keys on. The end of the input is no end: it is how a terminal says that no key was pressed.
func read(ctx context.Context, in io.Reader, pressed chan<- byte) {
	var key [1]byte
	for ctx.Err() == nil {
		n, err := in.Read(key[:])
		if err != nil && !errors.Is(err, io.EOF) {
			return
		}
		if n == 0 {
			continue
		}
		select {
		case pressed <- key[0]:
		case <-ctx.Done():
		}
	}
}
