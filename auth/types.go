package auth

import (
	"context"

	"ivalt-radius/audit"
	"ivalt-radius/auth/asking"
	"ivalt-radius/auth/credential"
	"ivalt-radius/auth/identity"
	"ivalt-radius/auth/judgement"
	"ivalt-radius/auth/outcome"
)

//nolint:revive // these are the words of package asking
type (
	Method    = asking.Method
	Prompting = asking.Prompting
	Client    = asking.Client
	Request   = asking.Request
	Rules     = asking.Rules
	Subject   = asking.Subject
	Checked   = asking.Checked
	Primary   = asking.Primary
	Bounded   = asking.Bounded
	NoPrimary = asking.NoPrimary
)

// The methods and the kinds of Prompting.
const (
	NoCredential = asking.NoCredential
	PAP          = asking.PAP
	CHAP         = asking.CHAP
	MSCHAP       = asking.MSCHAP
	MSCHAPv2     = asking.MSCHAPv2
	EAP          = asking.EAP

	NeverAsk     = asking.NeverAsk
	ChoosePhone  = asking.ChoosePhone
	ConfirmPhone = asking.ConfirmPhone
)

// Handshake is the NAS's half of CHAP or MS-CHAPv2.
type Handshake = credential.Handshake

// MSCHAPSuccess is the server's half of MS-CHAPv2.
type MSCHAPSuccess = credential.MSCHAPSuccess

// Errors of a Primary. Any other error means that the first factor could not be checked: the login is `unavailable`.
var (
	ErrBadPassword   = asking.ErrBadPassword
	ErrMisconfigured = asking.ErrMisconfigured
	ErrBusy          = asking.ErrBusy
)

// Plausible refuses what no person types, as ErrBadPassword. Every first factor asks it before anything else.
func Plausible(password string) error { return credential.Plausible(password) }

// Person is what a directory knows of a subject.
type Person = identity.Person

// Directory knows people.
type Directory = identity.Directory

// DirectoryFunc makes a function a Directory.
type DirectoryFunc = identity.DirectoryFunc

// Push asks for one person's approval of one attempt.
type Push = outcome.Push

// Pusher has iVALT ask people.
type Pusher = outcome.Pusher

// Asked is one push that waits for its answer.
type Asked = outcome.Asked

// Recorder keeps the evidence.
type Recorder interface {
	// Commit returns once the event is durable; an error means that it may not be, and that no Accept may leave.
	Commit(ctx context.Context, e audit.Event) error
	// Note keeps an event that no Accept depends on, without waiting for the disk.
	Note(e audit.Event)
}

// Decider is policy's judgement; *policy.Policy is one.
type Decider = judgement.Decider
