package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ivalt-radius/secret"
)

// Errors of Secret and SecretTwice.
var (
	ErrNothing = errors.New("nothing came: standard input ended, or was interrupted")
	ErrLong    = fmt.Errorf("the line has more than %d octets", mostTyped)
	ErrDiffer  = errors.New("the two do not agree")

	errNoTerminal = errors.New("no terminal")
)

// mostTyped is more than a secret or password may have.
const mostTyped = 4096

// Is reports that a reader or a writer is a terminal.
func Is(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

// Secret reads one line: asked for, and not shown, where in is a terminal. It ends with ctx. The line is the person's own,
// blanks included, and may be empty; the error is ErrNothing or ErrLong.
func Secret(ctx context.Context, in io.Reader, prompt io.Writer, question string) (secret.Secret, error) {
	return ask(ctx, in, prompt, question)
}

// SecretTwice is Secret, asked for twice where in is a terminal, since nobody sees what they type. The error may be ErrDiffer too.
func SecretTwice(ctx context.Context, in io.Reader, prompt io.Writer, question, again string) (secret.Secret, error) {
	if !Is(in) {
		return Secret(ctx, in, prompt, question)
	}
	return ask(ctx, in, prompt, question, again)
}

// ask reads the answers to all questions, which must agree. The echo is off from before the first question until after the last answer.
func ask(ctx context.Context, in io.Reader, prompt io.Writer, questions ...string) (secret.Secret, error) {
	restore, err := hideTyping(in)
	if err != nil {
		prompt = io.Discard // nobody is there to be asked
	} else {
		defer restore()
	}
	lines := bufio.NewReader(in)
	var answer secret.Secret
	for i, question := range questions {
		fmt.Fprint(prompt, question)
		text, err := next(ctx, lines)
		fmt.Fprintln(prompt)
		if err != nil {
			return secret.Secret{}, err
		}
		if i > 0 && !text.Equal(answer) {
			return secret.Secret{}, ErrDiffer
		}
		answer = text
	}
	return answer, nil
}

// next is the next line, unless ctx ends before it comes.
func next(ctx context.Context, lines *bufio.Reader) (secret.Secret, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() { // a read of a terminal cannot be ended: it goes with the process
		text, err := oneLine(lines)
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return secret.Secret{}, ErrNothing
	case l := <-read:
		return secret.New(l.text), l.err
	}
}

// oneLine is a line without its end, which the end of the input may be.
func oneLine(in *bufio.Reader) (string, error) {
	var text strings.Builder
	for {
		part, err := in.ReadSlice('\n')
		text.Write(part)
		line := strings.TrimRight(text.String(), "\r\n")
		switch {
		case len(line) > mostTyped:
			return "", ErrLong
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && text.Len() > 0:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", ErrNothing
		}
	}
}

// hideTyping turns a terminal's echo off. What is no terminal is an error.
func hideTyping(in io.Reader) (restore func(), err error) {
	file, ok := in.(*os.File)
	if !ok {
		return nil, errNoTerminal
	}
	fd := int(file.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("asking the terminal: %w", err)
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil {
		return nil, fmt.Errorf("hiding what is typed: %w", err)
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }, nil
}
