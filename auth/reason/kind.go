package reason

// Kind is the verdict's RADIUS answer.
type Kind uint8

// The kinds. The zero Kind rejects.
const (
	Reject Kind = iota
	Accept
	Challenge
)

// String is the word of the log, the trail and the metrics.
func (k Kind) String() string {
	switch k {
	case Accept:
		return "accept"
	case Challenge:
		return "challenge"
	case Reject:
	}
	return "reject"
}
