package top

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ivalt-radius/admin/view"
)

// What a terminal is told (ECMA-48, and xterm's private modes). Without wrapping a line that turns out wider than it counts cannot push the others away.
const (
	enter  = "\x1b[?1049h\x1b[?25l\x1b[?7l" // another screen, no cursor, no wrapping
	leave  = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home   = "\x1b[H"
	tillNL = "\x1b[K" // clears to the end of the line
	below  = "\x1b[J" // clears what is below
)

// live is the view that is drawn anew until somebody ends it.
type live struct {
	ask     func(context.Context) (view.Now, error)
	every   time.Duration
	out     io.Writer
	keys    <-chan byte
	resized <-chan os.Signal
	size    func() (columns, rows int)
	styled  bool
}

// run draws until ctx ends or q is pressed, d first. A server that is gone is waited for.
func (l *live) run(ctx context.Context, d view.Now) (err error) {
	if _, err = io.WriteString(l.out, enter); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	defer func() { _, _ = io.WriteString(l.out, leave) }()
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	trouble := ""
	for {
		if err = l.draw(&d, trouble); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case key := <-l.keys:
			if key == 'q' || key == 'Q' {
				return nil
			}
			continue
		case <-l.resized:
			continue
		case <-tick.C:
		}
		now, err := l.ask(ctx)
		if trouble = ""; err != nil {
			trouble = "as of " + clock(d.At) + "; " + err.Error()
			continue
		}
		d = now
	}
}

// draw writes the whole page at once, so that nothing flickers.
func (l *live) draw(d *view.Now, trouble string) error {
	columns, rows := l.size()
	if columns <= 0 || rows <= 0 {
		columns, rows = 80, 24
	}
	lines := page(d, room{columns: columns, rows: rows, trouble: trouble})
	var text strings.Builder
	text.WriteString(home)
	for i, one := range lines {
		if i > 0 {
			text.WriteString("\r\n")
		}
		if l.styled && one.style != "" {
			text.WriteString("\x1b[" + one.style + "m" + one.text + "\x1b[0m" + tillNL)
			continue
		}
		text.WriteString(one.text + tillNL)
	}
	text.WriteString(below)
	if _, err := io.WriteString(l.out, text.String()); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	return nil
}
