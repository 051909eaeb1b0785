package supervised

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// mostStatus bounds the line of status, in octets.
const mostStatus = 200

// pause is how long whoever pings stands still where the watchdog is off: the status is renewed as often.
const pause = 10 * time.Second

// Supervisor is the service manager, as the environment names it (NOTIFY_SOCKET, WATCHDOG_USEC). A nil one hears nothing. It is safe for concurrent
// use.
type Supervisor struct {
	watchdog time.Duration // 0: off
	failed   func(error)
}

// New finds the service manager; nil where there is none. failed is told of what it could not be told; it may come from any goroutine.
func New(failed func(error)) *Supervisor {
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		failed(err)
	}
	return &Supervisor{watchdog: watchdog, failed: failed}
}

// Every is how often Ping wants to be called: twice within the watchdog's time at least.
func (s *Supervisor) Every() time.Duration {
	if s == nil || s.watchdog == 0 {
		return pause
	}
	return min(pause, s.watchdog/2)
}

// Ready says that the server serves, at the start and behind each reload.
func (s *Supervisor) Ready(status string) { s.tell(daemon.SdNotifyReady, line(status)) }

// Reloading says that a reload begins. Ready must follow, whatever becomes of it.
func (s *Supervisor) Reloading() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil { // Type=notify-reload compares it with the time of its SIGHUP
		s.report(err)
	}
	s.tell(daemon.SdNotifyReloading, "MONOTONIC_USEC="+strconv.FormatInt(now.Nano()/int64(time.Microsecond), 10))
}

// Stopping says that the server ends once the logins that wait have their answers.
func (s *Supervisor) Stopping(status string) { s.tell(daemon.SdNotifyStopping, line(status)) }

// Ping renews the line of status and, where alive reports so, feeds the watchdog. A server that is fed no more is ended by systemd, and started anew.
func (s *Supervisor) Ping(alive func() bool, status string) {
	if s == nil {
		return
	}
	if s.watchdog > 0 && alive() {
		s.tell(daemon.SdNotifyWatchdog, line(status))
		return
	}
	s.tell(line(status))
}

// line is the line of status.
func line(status string) string {
	one := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, status)
	if len(one) > mostStatus {
		one = strings.ToValidUTF8(one[:mostStatus], "") + "..."
	}
	return "STATUS=" + one
}

func (s *Supervisor) tell(states ...string) {
	if s == nil {
		return
	}
	if err := send(os.Getenv("NOTIFY_SOCKET"), strings.Join(states, "\n")); err != nil {
		s.report(err)
	}
}

// tellWithin bounds how long a service manager that does not read may hold up the server: daemon.SdNotify would wait for ever.
const tellWithin = time.Second

// send sends one datagram; to no socket nothing. A name that begins with @ is of the abstract namespace, as net has it too.
func send(socket, text string) error {
	if socket == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.SetWriteDeadline(time.Now().Add(tellWithin))
	if err == nil {
		_, err = conn.Write([]byte(text))
	}
	if err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	return nil
}

func (s *Supervisor) report(err error) {
	if s != nil {
		s.failed(err)
	}
}
