package chain

// Type is the kind of a line in the trail, one of the closed list of the contract.
type Type uint8

// The types. The zero Type is a system event.
const (
	SystemEvent Type = iota
	AuthenticationAttempt
	APIRequest
	SecurityEvent
	ConfigurationChange
	UserAction
	DataAccess
)

// String is the word in the trail.
func (t Type) String() string {
	switch t {
	case AuthenticationAttempt:
		return "authentication_attempt"
	case APIRequest:
		return "api_request"
	case SecurityEvent:
		return "security_event"
	case ConfigurationChange:
		return "configuration_change"
	case UserAction:
		return "user_action"
	case DataAccess:
		return "data_access"
	case SystemEvent:
	}
	return "system_event"
}
