package host

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ivalt-radius/doctor"
)

// Kernel is what the kernel tells in files. The zero Kernel is this machine's.
type Kernel struct {
	Proc string // empty: /proc
}

// mostText bounds a file of the kernel's.
const mostText = 64 << 10

func (k Kernel) read(name string) (string, error) {
	file, err := os.Open(filepath.Join(cmp.Or(k.Proc, "/proc"), name)) //nolint:gosec // the kernel's
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, mostText))
	return string(bytes.TrimSpace(text)), err
}

// number reads a number of /proc/sys.
func (k Kernel) number(name string) doctor.Fact[int64] {
	text, err := k.read("sys/" + name)
	if err != nil {
		return doctor.Unseen[int64]("this kernel has no " + strings.ReplaceAll(name, "/", "."))
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return doctor.Unseen[int64](strings.ReplaceAll(name, "/", ".") + " is no number")
	}
	return doctor.Known(n)
}

// ReceiveBuffer is net.core.rmem_max in octets.
func (k Kernel) ReceiveBuffer() doctor.Fact[int64] { return k.number("net/core/rmem_max") }

// Ptrace is kernel.yama.ptrace_scope: 0 lets processes of one user read each other's memory.
func (k Kernel) Ptrace() doctor.Fact[int] {
	n := k.number("kernel/yama/ptrace_scope")
	return doctor.Fact[int]{Value: int(n.Value), Known: n.Known, Why: n.Why}
}

// limit is a process's soft limit; "unlimited" is the largest number.
func (k Kernel) limit(pid int, name string) doctor.Fact[int64] {
	if pid == 0 {
		return doctor.Unseen[int64]("no server runs")
	}
	text, err := k.read(strconv.Itoa(pid) + "/limits")
	if err != nil {
		return doctor.Unseen[int64](rootAlone)
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		words := strings.Fields(rest)
		if !ok || len(words) == 0 {
			continue
		}
		if words[0] == "unlimited" {
			return doctor.Known(int64(math.MaxInt64))
		}
		if n, err := strconv.ParseInt(words[0], 10, 64); err == nil {
			return doctor.Known(n)
		}
	}
	return doctor.Unseen[int64]("the kernel does not say")
}

// Descriptors is how many files a process may open.
func (k Kernel) Descriptors(pid int) doctor.Fact[int64] { return k.limit(pid, "Max open files") }

// Cores says whether a process may leave a core file: by its soft limit, which a program that takes core files from a pipe need not heed, but
// systemd's does (core(5), systemd-coredump(8)).
func (k Kernel) Cores(pid int) doctor.Fact[bool] {
	n := k.limit(pid, "Max core file size")
	if !n.Known {
		return doctor.Unseen[bool](n.Why)
	}
	pattern, err := k.read("sys/kernel/core_pattern")
	switch {
	case n.Value > 0:
		return doctor.Known(true)
	case err != nil || strings.HasPrefix(pattern, "|") && !strings.Contains(pattern, "systemd-coredump"):
		return doctor.Unseen[bool]("kernel.core_pattern names a program that may not heed the limit")
	}
	return doctor.Known(false)
}

// bindService is the one capability that a port below 1024 needs: CAP_NET_BIND_SERVICE (capabilities(7)).
const bindService = 1 << 10

// Rights are those of a process.
func (k Kernel) Rights(pid int) doctor.Fact[doctor.Rights] {
	if pid == 0 {
		return doctor.Unseen[doctor.Rights]("no server runs")
	}
	status, err := k.read(strconv.Itoa(pid) + "/status")
	if err != nil {
		return doctor.Unseen[doctor.Rights](rootAlone)
	}
	r, seen := doctor.Rights{}, 0
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		words := strings.Fields(value)
		if len(words) == 0 {
			continue
		}
		switch name {
		case "Uid":
			r.Root, seen = len(words) > 1 && words[1] == "0", seen+1 // the effective one
		case "NoNewPrivs":
			r.MayGrow, seen = words[0] != "1", seen+1
		case "CapEff":
			set, err := strconv.ParseUint(words[0], 16, 64)
			r.ManyMore, seen = err != nil || set&^bindService != 0, seen+1
		}
	}
	if seen != 3 { // all of them
		return doctor.Unseen[doctor.Rights]("the kernel does not say")
	}
	group, err := k.read(strconv.Itoa(pid) + "/cgroup")
	r.UnderUnit = err == nil && strings.Contains(group, ".service")
	return doctor.Known(r)
}

// Synchronised is the kernel's word on its own clock (adjtimex(2)).
func Synchronised() doctor.Fact[bool] {
	var t unix.Timex
	state, err := unix.Adjtimex(&t) // no modes: it changes nothing
	if err != nil {
		return doctor.Unseen[bool]("the kernel does not say")
	}
	return doctor.Known(state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0)
}

// Space is what is left on the file system of a path.
func Space(path string) doctor.Fact[doctor.Space] {
	var disk unix.Statfs_t
	if err := unix.Statfs(path, &disk); err != nil || disk.Bsize <= 0 {
		return doctor.Unseen[doctor.Space]("there is no such directory yet, or it may not be looked at")
	}
	return doctor.Known(doctor.Space{Free: disk.Bavail * uint64(disk.Bsize), Inodes: disk.Files, FreeInodes: disk.Ffree})
}

// About is what a maintainer wants to know of the system: its kernel and distribution, nothing of its owner or its name.
func (k Kernel) About() map[string]string {
	out := map[string]string{}
	for name, file := range map[string]string{"kernel": "sys/kernel/osrelease", "load": "loadavg", "uptime": "uptime"} {
		if text, err := k.read(file); err == nil {
			out[name] = printable(text)
		}
	}
	if text, err := os.ReadFile("/etc/os-release"); err == nil {
		for line := range strings.Lines(string(text)) {
			if value, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				out["system"] = printable(strings.Trim(strings.TrimSpace(value), `"`))
			}
		}
	}
	return out
}
