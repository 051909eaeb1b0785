package report

// Level is how much a finding matters. The zero Level is low.
type Level uint8

// The levels.
const (
	Low Level = iota
	Medium
	High
	Critical
)

// String is the word in the report.
func (l Level) String() string {
	switch l {
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	case Low:
	}
	return "low"
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
