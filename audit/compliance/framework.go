package compliance

// Framework is a standard or a law, as far as this program has anything to say to it.
type Framework struct {
	Name     string // as the command line has it
	Title    string
	Controls []Control // in the order of their references
}

// Control is one requirement.
type Control struct {
	Reference string   // as its framework numbers it
	Summary   string   // what it asks for, in words of our own
	Checks    []string // their IDs: what is evidence for it; none: it is people's work
	People    string   // what nobody but people can show; never empty where there are no checks
}

// Frameworks are all of them, in the order of the docs. The slice is the caller's.
func Frameworks() []Framework {
	return []Framework{
		{Name: "soc2", Title: "SOC 2, Trust Services Criteria of 2017", Controls: soc2()},
		{Name: "iso27001", Title: "ISO/IEC 27001:2022, Annex A", Controls: iso27001()},
		{Name: "pci-dss", Title: "PCI DSS v4.0.1", Controls: pciDSS()},
		{Name: "gdpr", Title: "GDPR, Regulation (EU) 2016/679", Controls: gdpr()},
	}
}

// Find is the framework of a name; false where there is none.
func Find(name string) (Framework, bool) {
	for _, f := range Frameworks() {
		if f.Name == name {
			return f, true
		}
	}
	return Framework{}, false
}

// by is a control with checks.
func by(reference, summary string, checks ...string) Control {
	return Control{Reference: reference, Summary: summary, Checks: checks}
}

// people is a control that no program sees.
func people(reference, summary, why string) Control {
	return Control{Reference: reference, Summary: summary, People: why}
}

// and adds what people must show beside the checks.
func (c Control) and(why string) Control {
	c.People = why
	return c
}
