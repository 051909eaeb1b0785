package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ivalt-radius/ivalt/probe"
)

var errNoTerminal = errors.New("the person answers at a terminal, and standard input is none; --yes goes on without answers")

// mostTyped is more than an answer may have.
const mostTyped = 4096

// terminal is the person at the keyboard. It reads nothing before it asks first.
type terminal struct {
	in    io.Reader
	out   io.Writer
	lines chan string // closed when there are no more; nil: nothing was asked yet
}

// Tell implements probe.Person.
func (t *terminal) Tell(text string) { fmt.Fprintln(t.out, text) }

// Ask implements probe.Person. What is none of the choices is asked again.
func (t *terminal) Ask(ctx context.Context, p probe.Prompt) (string, error) {
	if t.lines == nil {
		t.lines = make(chan string)
		go t.read()
	}
	hint := "Enter goes on"
	if len(p.Choices) > 0 {
		hint = strings.Join(p.Choices, " / ")
	}
	for {
		fmt.Fprintf(t.out, "\n>> %s [%s] ", p.Text, hint)
		select {
		case <-ctx.Done():
			fmt.Fprintln(t.out)
			return "", ctx.Err()
		case line, more := <-t.lines:
			answer := strings.ToLower(strings.TrimSpace(line))
			switch {
			case !more:
				fmt.Fprintln(t.out)
				return "", errNoAnswers
			case len(p.Choices) == 0:
				return "", nil
			case slices.Contains(p.Choices, answer):
				return answer, nil
			}
		}
	}
}

var errNoAnswers = errors.New("standard input ended")

// read hands lines on. A read of a terminal cannot be ended: it goes with the process.
func (t *terminal) read() {
	defer close(t.lines)
	in := bufio.NewScanner(t.in)
	in.Buffer(make([]byte, 0, mostTyped), mostTyped)
	for in.Scan() {
		t.lines <- in.Text()
	}
}

// yes is --yes: the person has agreed, follows every instruction unasked, and tells nothing.
type yes struct{ out io.Writer }

// Tell implements probe.Person.
func (y yes) Tell(text string) { fmt.Fprintln(y.out, text) }

// Ask implements probe.Person.
func (y yes) Ask(ctx context.Context, p probe.Prompt) (string, error) {
	fmt.Fprintf(y.out, "\n>> %s\n", p.Text)
	if p.Kind == probe.Consent {
		return probe.Yes, ctx.Err()
	}
	return "", ctx.Err()
}

func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}
