package auth

import "context"

// PusherFunc makes a function a Pusher. The function blocks until there is an answer, or ctx ends since the push is withdrawn.
type PusherFunc func(ctx context.Context, p *Push) Answer

// Begin implements Pusher.
func (f PusherFunc) Begin(p *Push) Asked {
	ctx, cancel := context.WithCancel(context.Background())
	a := &asked{answer: make(chan Answer, 1), withdraw: cancel}
	go func() { a.answer <- f(ctx, p) }()
	return a
}

// asked is what a PusherFunc was asked.
type asked struct {
	answer   chan Answer
	withdraw context.CancelFunc
}

// Answer implements Asked.
func (a *asked) Answer() <-chan Answer { return a.answer }

// Withdraw implements Asked.
func (a *asked) Withdraw() { a.withdraw() }

// open is a gate that lets everybody in.
type open struct{}

// Admit implements Gate.
func (open) Admit(Visit, Stage) Admission { return Admission{Open: true} }

// Ended implements Gate.
func (open) Ended(Visit, End) {}

// mobile is a number that is known to be one.
func mobile(text string) Mobile {
	m, err := ParseMobile(text)
	if err != nil {
		panic(err)
	}
	return m
}
