package doctor

import "time"

func machineRows() []row {
	const buffer, memory, files, rights, zones = "machine.buffer", "machine.memory", "machine.files", "machine.rights", "machine.zones"
	machine := func(m Machine) Facts { return Facts{Machine: m} }
	runs := func(r Rights) Facts { return machine(Machine{Rights: Known(r)}) }
	return []row{
		{"granted", buffer, machine(Machine{ReceiveBuffer: Known[int64](4 << 20)}), OK, "4194304"},
		{"Debian's own", buffer, machine(Machine{ReceiveBuffer: Known[int64](212992)}), Warning, "net.core.rmem_max=4194304"},
		{"not told", buffer, Facts{}, Unknown, "not known"},

		{"its own", memory, machine(Machine{Cores: Known(false), Ptrace: Known(1)}), OK, "no core file"},
		{"a core file", memory, machine(Machine{Cores: Known(true), Ptrace: Known(1)}), Warning, "LimitCORE=0"},
		{"ptrace", memory, machine(Machine{Cores: Known(false), Ptrace: Known(0)}), Warning, "ptrace_scope=1"},
		{"half of it", memory, machine(Machine{Ptrace: Known(1)}), Unknown, "not known"},

		{"enough", files, machine(Machine{Descriptors: Known[int64](1024), NeedsOpen: 200}), OK, "1024"},
		{"too few", files, machine(Machine{Descriptors: Known[int64](100), NeedsOpen: 200}), Fault, "LimitNOFILE=65536"},
		{"not told", files, Facts{}, Unknown, "not known"},

		{"few", rights, runs(Rights{UnderUnit: true}), OK, "user of its own"},
		{"root", rights, runs(Rights{UnderUnit: true, Root: true, ManyMore: true}), Warning, "as root"},
		{"capabilities", rights, runs(Rights{UnderUnit: true, ManyMore: true}), Warning, "CapabilityBoundingSet"},
		{"may gain more", rights, runs(Rights{UnderUnit: true, MayGrow: true}), Warning, "NoNewPrivileges"},
		{"no unit", rights, runs(Rights{}), Warning, "service"},
		{"not told", rights, Facts{}, Unknown, "not known"},

		{"known", zones, machine(Machine{Zone: Known("UTC"), Zones: []Zone{{"k", "Europe/Berlin", true}}}), OK, "UTC"},
		{"unknown", zones, machine(Machine{Zone: Known("UTC"), Zones: []Zone{{"k", "Mars", false}}}), Fault, "Mars"},
		{"not told", zones, Facts{}, Unknown, "not known"},
	}
}

func diskRows() []row {
	const space, inodes = "disk.space", "disk.inodes"
	disk := func(s Space, daily Fact[int64]) Facts {
		return Facts{Disks: []Disk{{For: "state.directory", Path: "/s", Space: Known(s)}}, Daily: daily}
	}
	const gib = 1 << 30
	return []row{
		{"room", space, disk(Space{Free: 100 * gib}, Known[int64](gib)), OK, "grows by 1024.0 MiB a day"},
		{"a week", space, disk(Space{Free: 6 * gib}, Known[int64](gib)), Warning, "audit.retention"},
		{"less than a day", space, disk(Space{Free: 2 * gib}, Known[int64](3*gib)), Fault, "nobody can log in"},
		{"little, though the trail hardly grows", space, disk(Space{Free: 10 << 20}, Known[int64](1)), Fault, "10 MiB"},
		{"less than a GiB", space, disk(Space{Free: gib - 1}, Known[int64](1)), Warning, "1023 MiB"},
		{"a clock that ran backwards", space, disk(Space{Free: 10 * gib}, Known[int64](-5)), OK, "10240 MiB"},
		{"growth not known", space, disk(Space{Free: 100 * gib}, Unseen[int64]("young")), Unknown, "young"},
		{"not seen", space, Facts{Disks: []Disk{{}}}, Unknown, "not known"},

		{"room", inodes, disk(Space{Inodes: 10000, FreeInodes: 5000}, Known[int64](1)), OK, "5000 more"},
		{"no fixed number", inodes, disk(Space{}, Known[int64](1)), OK, "no fixed number"},
		{"few", inodes, disk(Space{Inodes: 10000, FreeInodes: 1023}, Known[int64](1)), Warning, "1023 more"},
		{"none", inodes, disk(Space{Inodes: 10000}, Known[int64](1)), Fault, "0 more"},
		{"not seen", inodes, Facts{Disks: []Disk{{}}}, Unknown, "not known"},
	}
}

func lastRows() []row {
	const last, ship, backup, notices, steps = "trail.checkpoint", "trail.shipped", "trail.backup", "respond.notices", "respond.steps"
	told := func(r ...Receiver) Facts { return Facts{Receivers: Known(r)} }
	return []row{
		{"in it", last, Facts{Trail: Known(Trail{Checkpoint: 9})}, OK, "record 9"},
		{"not in it", last, Facts{Trail: Known(Trail{Checkpoint: 9, Trouble: "cut off"})}, Fault, "evidence"},
		{"none yet", last, Facts{Trail: Known(Trail{})}, Unknown, "no checkpoint yet"},
		{"no trail yet", last, Facts{Trail: Known(Trail{Empty: true})}, Unknown, "no trail yet"},
		{"not read", last, Facts{}, Unknown, "not known"},

		{"shipped", ship, Facts{Access: Known(Access{Shipping: 2})}, OK, "2 receivers"},
		{"kept here", ship, Facts{Access: Known(Access{})}, Warning, "audit.ship"},
		{"not read", ship, Facts{}, Unknown, "not known"},

		{"made", backup, Facts{Backup: Known(at())}, OK, "2026-11-26"},
		{"never", backup, Facts{Backup: Fact[time.Time]{Known: true}}, Unknown, "31 days"},
		{"not read", backup, Facts{}, Unknown, "not known"},

		{"told", notices, told(Receiver{Key: "guard.notify[0]", Kind: "email"}), OK, "1 receivers"},
		{"nobody", notices, told(), Warning, "guard.notify is empty"},
		{"a receiver that is not there", notices, told(Receiver{Key: "guard.notify[0]", Kind: "command", Trouble: "no program"}), Fault, "no program"},
		{"not read", notices, Facts{}, Unknown, "not known"},

		{"taken", steps, Facts{Access: Known(Access{})}, OK, "off"},
		{"only said", steps, Facts{Access: Known(Access{DryRun: true})}, Warning, "would_block"},
		{"not read", steps, Facts{}, Unknown, "not known"},
	}
}
