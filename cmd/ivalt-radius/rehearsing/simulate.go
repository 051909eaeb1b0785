package rehearsing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// answerAfter is how long the simulated person takes.
const answerAfter = 2 * time.Second

// behaviour is that of a word of view.Rehearsal.
func behaviour(answer string) (ivalttest.Behaviour, error) {
	switch answer {
	case "", "approve":
		return ivalttest.Approve, nil
	case "deny":
		return ivalttest.Deny, nil
	case "silent":
		return ivalttest.Ignore, nil
	case "geofence":
		return ivalttest.Geofence, nil
	case "timezone":
		return ivalttest.Timezone, nil
	case "unknown_user":
		return ivalttest.Unknown, nil
	}
	return ivalttest.Unknown, fmt.Errorf("%q is not one of approve, deny, silent, geofence, timezone, unknown_user", answer)
}

// simulate starts a cloud on a loopback port, and what asks it under the settings in force. stop ends both.
func (p *play) simulate(ctx context.Context) (phone auth.Pusher, stop func(), err error) {
	does, err := behaviour(p.in.Answer)
	if err != nil {
		return nil, nil, err
	}
	key := secret.New(rand.Text() + rand.Text()) // nobody else may answer for the person
	cloud := ivalttest.New(ivalttest.Options{APIKey: key, Default: ivalttest.Step{Behaviour: does, After: answerAfter}})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: cloud, ReadHeaderTimeout: answerAfter}
	p.say("simulator", true, "a simulator stands in for iVALT; its person will %s", words(does))
	serving := make(chan struct{})
	go func() {
		defer close(serving)
		_ = server.Serve(listener)
	}()
	settings := p.deps.IVALT()
	settings.API = gateway.Settings{URL: "http://" + listener.Addr().String(), APIKey: key, Version: settings.API.Version}
	settings.Limits = state.Limits{}
	service, faults := ivalt.New(settings, ivalt.Deps{Recorder: recorder{p}, Log: p.deps.Log})
	end := func() {
		_ = server.Close()
		<-serving
	}
	if err := faults.Err(); err != nil {
		end()
		return nil, nil, errors.Join(errors.New("asking it under these settings"), err)
	}
	return service, func() {
		service.Close()
		end()
	}, nil
}

// words are what a person of the simulator does.
func words(b ivalttest.Behaviour) string {
	switch b {
	case ivalttest.Approve:
		return "approve after " + answerAfter.String()
	case ivalttest.Deny:
		return "say no after " + answerAfter.String()
	case ivalttest.Geofence:
		return "approve from outside the geofence"
	case ivalttest.Timezone:
		return "approve outside the time window"
	case ivalttest.Unknown, ivalttest.DenySilent, ivalttest.Ignore, ivalttest.Manual, ivalttest.Late:
	}
	if b == ivalttest.Unknown {
		return "not be known"
	}
	return "not touch the phone"
}
