package login

import (
	"context"
	"fmt"
	"io"

	"ivalt-radius/cmd/ivalt-radius/terminal"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

// person answers what a server asks: first with what the flags say, then at the terminal, if in is one.
type person struct {
	in      io.Reader
	out     io.Writer // for prompts and progress
	answers []string
}

// answer is the next answer; false where there is none.
func (p *person) answer(ctx context.Context) (secret.Secret, bool) {
	if len(p.answers) > 0 {
		next := p.answers[0]
		p.answers = p.answers[1:]
		return secret.New(next), true
	}
	if !terminal.Is(p.in) {
		return secret.Secret{}, false
	}
	typed, err := readHidden(ctx, p.in, p.out, "Answer: ")
	return typed, err == nil
}

// converse asks, and answers challenges until the server has decided, or nobody answers: then the result is the challenge. Each
// exchange is waited for as long as a whole login.
func (g gateway) converse(ctx context.Context, c radiustest.Credentials, p *person) (radiustest.Result, error) {
	result, err := g.patiently(ctx, p.out, func(ctx context.Context, nas radiustest.NAS) (radiustest.Result, error) {
		return nas.Login(ctx, c)
	})
	for err == nil && result.Code == radiustest.AccessChallenge && len(result.State) > 0 {
		challenge := result
		fmt.Fprintf(p.out, "Access-Challenge in %s: %s\n", seconds(challenge.Took), challenge.ReplyMessage)
		text, answered := p.answer(ctx)
		if !answered {
			break
		}
		result, err = g.patiently(ctx, p.out, func(ctx context.Context, nas radiustest.NAS) (radiustest.Result, error) {
			return nas.Answer(ctx, c, challenge, text)
		})
	}
	return result, err
}
