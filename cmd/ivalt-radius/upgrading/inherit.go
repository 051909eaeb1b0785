package upgrading

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// The variables of the environment, and the names of the descriptors that are no sockets.
const (
	envPID     = "LISTEN_PID"
	envCount   = "LISTEN_FDS"
	envNames   = "LISTEN_FDNAMES"
	envNumbers = "LISTEN_FDNUMBERS"
	envWhy     = "LISTEN_FDWHY" // why the program before took its place again

	nameSocket   = "ivalt-radius-socket"
	nameDocument = "ivalt-radius-logins"
	nameFormer   = "ivalt-radius-former"

	firstFD = 3
	mostFDs = 256
	mostWhy = 500
)

// Left are the descriptors that were left for this process. A nil Left has none. It is safe for concurrent use.
type Left struct {
	Why string // why the program before took its place again; empty: it did not

	mu       sync.Mutex
	sockets  map[int]netip.AddrPort
	taken    map[int]bool
	document int // -1: none
	former   int
	args     []string
}

// Inherit takes what the environment says was left for this very process, and clears that; nil where nothing was.
func Inherit() *Left {
	get := func(name string) string { return os.Getenv(name) }
	defer func() {
		for _, name := range []string{envPID, envCount, envNames, envNumbers, envWhy} {
			_ = os.Unsetenv(name)
		}
	}()
	pid, err := strconv.Atoi(get(envPID))
	n, counted := strconv.Atoi(get(envCount))
	if errors.Join(err, counted) != nil || pid != os.Getpid() || n < 1 || n > mostFDs {
		return nil
	}
	l := &Left{Why: get(envWhy), sockets: map[int]netip.AddrPort{}, taken: map[int]bool{}, document: -1, former: -1, args: os.Args}
	names, numbers := strings.Split(get(envNames), ":"), strings.Split(get(envNumbers), ":")
	for i := range n {
		fd := firstFD + i
		if len(numbers) == n {
			if fd, err = strconv.Atoi(numbers[i]); err != nil || fd < firstFD {
				continue
			}
		}
		name := ""
		if i < len(names) {
			name = names[i]
		}
		l.take(fd, name)
	}
	return l
}

func (l *Left) take(fd int, name string) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return
	}
	switch name {
	case nameDocument:
		l.document = fd
	case nameFormer:
		l.former = fd
	default:
		if at, ok := bound(fd); ok {
			l.sockets[fd] = at
		}
	}
}

// bound is the address of a UDP socket. Its zone is a number, where it has one.
func bound(fd int) (netip.AddrPort, bool) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_DGRAM {
		return netip.AddrPort{}, false
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}, false
	}
	switch at := at.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)), true //nolint:gosec // a port
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(at.Addr)
		if at.ZoneId != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(at.ZoneId), 10))
		}
		return netip.AddrPortFrom(addr, uint16(at.Port)), true //nolint:gosec // a port
	}
	return netip.AddrPort{}, false
}

// Socket is a copy of the socket that was left for an address, once; nil where none was.
func (l *Left) Socket(at netip.AddrPort) *os.File {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for fd, is := range l.sockets {
		if l.taken[fd] || !same(is.Addr(), at.Addr()) || at.Port() != 0 && is.Port() != at.Port() {
			continue
		}
		own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, firstFD)
		if err != nil {
			return nil
		}
		l.taken[fd] = true
		return os.NewFile(uintptr(own), nameSocket)
	}
	return nil
}

// same reports that a socket is bound to the address that is wanted, whose zone is an interface's name or number. Of an address that hangs on no
// interface the kernel keeps no zone.
func same(is, wanted netip.Addr) bool {
	if is.WithZone("") != wanted.WithZone("") {
		return false
	}
	if is.Zone() == "" || is.Zone() == wanted.Zone() {
		return true
	}
	i, err := net.InterfaceByName(wanted.Zone())
	return err == nil && strconv.Itoa(i.Index) == is.Zone()
}

// Document is what the process before knew; nil where it left nothing.
func (l *Left) Document() (*Document, error) {
	if l == nil || l.document < 0 {
		return nil, nil //nolint:nilnil // nothing was left, and that is no error
	}
	d, err := Decode(io.NewSectionReader(at(l.document), 0, mostDocument+1<<10))
	if err == nil && len(d.Args) > 0 {
		l.args = d.Args
	}
	return d, err
}

// at reads a descriptor from a place.
type at int

func (fd at) ReadAt(p []byte, off int64) (int, error) {
	n, err := unix.Pread(int(fd), p, off)
	if err != nil {
		return 0, fmt.Errorf("reading the waiting logins: %w", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Done closes what was left: this process serves.
func (l *Left) Done() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for fd := range l.sockets {
		_ = unix.Close(fd)
	}
	for _, fd := range []int{l.document, l.former} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
	l.sockets, l.document, l.former = nil, -1, -1
}

// Back has the program before serve again, with all that was left, since this one cannot; why is said there. Where there is none, it did so before, or it
// cannot be executed, it returns.
func (l *Left) Back(why string) {
	if l == nil || l.former < 0 {
		return
	}
	p := Plan{Args: l.args, former: l.former, document: l.document}
	for fd := range l.sockets {
		p.Sockets = append(p.Sockets, fd)
	}
	_ = p.execute(fmt.Sprintf("/proc/self/fd/%d", l.former), why)
}

// Plan is how this process is replaced.
type Plan struct {
	Args    []string
	Sockets []int // as Server.Sockets gives them

	document, former int
}

// Replace executes a program in the place of this one. It returns where neither that nor this very program can be executed.
func (p *Plan) Replace(program string, d *Document) error {
	text, err := d.Encode()
	if err != nil {
		return err
	}
	if p.document, err = inMemory(text); err != nil {
		return err
	}
	if p.former, err = unix.Open("/proc/self/exe", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("keeping the program that runs: %w", err)
	}
	err = p.execute(program, "")
	former := fmt.Sprintf("/proc/self/fd/%d", p.former)
	_, failed := unix.FcntlInt(uintptr(p.former), unix.F_SETFD, unix.FD_CLOEXEC) // it is handed on no more
	return errors.Join(err, failed, p.execute(former, err.Error()))
}

// inMemory is a sealed file that is on no disk.
func inMemory(text []byte) (int, error) {
	fd, err := unix.MemfdCreate(nameDocument, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("a file in memory: %w", err)
	}
	for rest := text; len(rest) > 0 && err == nil; {
		var n int
		n, err = unix.Write(fd, rest)
		rest = rest[max(0, n):]
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return -1, errors.Join(fmt.Errorf("a file in memory: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// inShort is a text as a variable can have it.
func inShort(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), mostWhy)], "")
}

// execute executes a program. why is for the program before, which gets no way back.
func (p *Plan) execute(program, why string) error {
	fds, names := []int{}, []string{}
	for _, fd := range p.Sockets {
		fds, names = append(fds, fd), append(names, nameSocket)
	}
	if p.document >= 0 {
		fds, names = append(fds, p.document), append(names, nameDocument)
	}
	env := os.Environ()
	if why == "" {
		fds, names = append(fds, p.former), append(names, nameFormer)
	} else {
		env = append(env, envWhy+"="+inShort(why))
	}
	numbers := make([]string, len(fds))
	for i, fd := range fds {
		numbers[i] = strconv.Itoa(fd)
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("handing on what is open: %w", err)
		}
	}
	env = append(env, envPID+"="+strconv.Itoa(os.Getpid()), envCount+"="+strconv.Itoa(len(fds)),
		envNames+"="+strings.Join(names, ":"), envNumbers+"="+strings.Join(numbers, ":"))
	// A SIGHUP would end the next program until that one listens, which is before it reads the settings.
	signal.Ignore(unix.SIGHUP)
	if err := syscall.Exec(program, p.Args, env); err != nil { //nolint:gosec // the program at our own path
		return fmt.Errorf("executing %s: %w", program, err)
	}
	return nil
}
