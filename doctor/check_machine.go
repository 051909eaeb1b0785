package doctor

import (
	"fmt"
)

// WantedBuffer is the receive buffer that a RADIUS socket asks for, in octets.
const WantedBuffer = 4 << 20

func machineBuffer(f *Facts, v *verdict) {
	if !known(f.Machine.ReceiveBuffer, v, "net.core.rmem_max") {
		return
	}
	seen := fmt.Sprintf("net.core.rmem_max is %d, a socket asks for %d", f.Machine.ReceiveBuffer.Value, WantedBuffer)
	if f.Machine.ReceiveBuffer.Value < WantedBuffer {
		v.warning(seen+": a storm of logins is dropped by the kernel, unless the server has CAP_NET_ADMIN",
			fmt.Sprintf("echo net.core.rmem_max=%d > /etc/sysctl.d/60-ivalt-radius.conf && sysctl --system, then restart the server", WantedBuffer))
		return
	}
	v.ok(seen)
}

func machineMemory(f *Facts, v *verdict) {
	m := f.Machine
	switch {
	case !known(m.Cores, v, "whether the server may leave a core file"):
	case m.Cores.Value:
		v.warning("the server may leave a core file, which holds its secrets", "set LimitCORE=0 in its unit")
	default:
		v.ok("it leaves no core file")
	}
	switch {
	case !known(m.Ptrace, v, "kernel.yama.ptrace_scope"):
	case m.Ptrace.Value == 0:
		v.warning("kernel.yama.ptrace_scope is 0: processes of one user may read each other's memory; the server itself forbids it for its own",
			"echo kernel.yama.ptrace_scope=1 > /etc/sysctl.d/60-ptrace.conf && sysctl --system")
	default:
		v.ok(fmt.Sprintf("kernel.yama.ptrace_scope is %d", m.Ptrace.Value))
	}
}

func machineFiles(f *Facts, v *verdict) {
	m := f.Machine
	if !known(m.Descriptors, v, "how many files the server may open") {
		return
	}
	seen := fmt.Sprintf("it may open %d, and needs %d at most", m.Descriptors.Value, m.NeedsOpen)
	if m.Descriptors.Value < m.NeedsOpen {
		v.fault(seen, fmt.Sprintf("set LimitNOFILE=%d in its unit", max(m.NeedsOpen, 1<<16)))
		return
	}
	v.ok(seen)
}

func machineRights(f *Facts, v *verdict) {
	if !known(f.Machine.Rights, v, "the server's rights") {
		return
	}
	r := f.Machine.Rights.Value
	if r.Root {
		v.warning("the server runs as root", "run it as a user of its own: User=ivalt-radius in its unit")
	}
	if r.ManyMore && !r.Root {
		v.warning("it has more capabilities than a port below 1024 needs", "set CapabilityBoundingSet=CAP_NET_BIND_SERVICE in its unit, or leave it empty")
	}
	if r.MayGrow {
		v.warning("it may gain more rights", "set NoNewPrivileges=yes in its unit")
	}
	if !r.UnderUnit {
		v.warning("no unit of systemd's keeps it running", "run it as a service, so that it starts with the host and again after a crash")
	}
	if len(v.seen) == 0 {
		v.ok("it runs in a unit, as a user of its own, and can gain no more")
	}
}

func machineZones(f *Facts, v *verdict) {
	m := f.Machine
	for _, z := range m.Zones {
		if !z.Found {
			v.fault(fmt.Sprintf("%s: there is no time zone %q", z.Key, z.Name), "write a name such as Europe/Berlin")
		}
	}
	if !known(m.Zone, v, "the machine's time zone") {
		return
	}
	if len(v.seen) == 0 {
		v.ok(fmt.Sprintf("%d named in the settings; the machine's own is %s", len(m.Zones), m.Zone.Value))
	}
}

// What must be left on a disk, or nobody can log in soon.
const (
	LeastFree    = 64 << 20 // octets
	littleFree   = 1 << 30
	littleDays   = 7
	leastInodes  = 64
	littleInodes = 1024
)

func diskSpace(f *Facts, v *verdict) {
	growth := int64(0)
	if f.Daily.Known {
		growth = max(0, f.Daily.Value)
	}
	const remedy = "make room, or lower audit.retention; where the disk is full nobody can log in"
	for _, d := range f.Disks {
		what := d.For + ", " + d.Path
		if !known(d.Space, v, what) {
			continue
		}
		free := d.Space.Value.Free
		seen := fmt.Sprintf("%s: %d MiB are free", what, free>>20)
		if growth > 0 {
			seen += fmt.Sprintf(", the trail grows by %.1f MiB a day", float64(growth)/(1<<20))
		}
		switch days := uint64(growth); {
		case free < LeastFree || free < days:
			v.fault(seen, remedy)
		case free < littleFree || free < littleDays*days:
			v.warning(seen, remedy)
		default:
			v.ok(seen)
		}
	}
	if len(f.Disks) > 0 && !f.Daily.Known {
		known(f.Daily, v, "how much the trail grows in a day")
	}
}

func diskInodes(f *Facts, v *verdict) {
	for _, d := range f.Disks {
		what := d.For + ", " + d.Path
		if !known(d.Space, v, what) {
			continue
		}
		seen := fmt.Sprintf("%s: %d more files fit", what, d.Space.Value.FreeInodes)
		switch {
		case d.Space.Value.Inodes == 0:
			v.ok(what + ": the file system has no fixed number of files")
		case d.Space.Value.FreeInodes < leastInodes:
			v.fault(seen, "remove small files from that file system")
		case d.Space.Value.FreeInodes < littleInodes:
			v.warning(seen, "remove small files from that file system")
		default:
			v.ok(seen)
		}
	}
}
