package main

import (
	"context"
	"fmt"
	"io"
	stdlog "log" //nolint:depguard // to see it silenced
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ivalt-radius/radius/radiustest"
)

// TestReloadSwapsClientsAndRulesAsOne reloads between two settings that both deny every login, each by its own client's name. Whoever
// met the clients of one and the rules of the other would come in.
func TestReloadSwapsClientsAndRulesAsOne(t *testing.T) {
	s := newSite(t)
	write := func(client string) {
		s.client = client
		s.policy = fmt.Sprintf(`{default: exempt, rules: [{name: closed, match: {clients: [%s]}, decision: deny}]}`, client)
		s.write(t)
	}
	write("guest")
	r := s.start(t)
	ctx, stop := context.WithCancel(t.Context())
	var answers, accepts atomic.Int64
	var load sync.WaitGroup
	for n := range 8 {
		load.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				result, err := r.nas().Login(ctx, credentials(fmt.Sprintf("user%d-%d", n, i)))
				if err != nil {
					continue
				}
				answers.Add(1)
				if result.Code == radiustest.AccessAccept {
					accepts.Add(1)
				}
			}
		})
	}
	for i := range 100 {
		write([]string{"guests", "guest"}[i%2])
		if line := r.reload(t); !strings.Contains(line, `"msg":"reloaded"`) {
			t.Fatal(line)
		}
	}
	stop()
	load.Wait()
	if accepts.Load() != 0 || answers.Load() == 0 {
		t.Errorf("%d of %d logins came in between two settings that deny them", accepts.Load(), answers.Load())
	}
}

// TestServeSilencesTheStandardLogger: net/http quotes there what a server says unasked, be it an e-mail or a mobile.
func TestServeSilencesTheStandardLogger(t *testing.T) {
	before := stdlog.Writer()                      //nolint:forbidigo // to look at it
	t.Cleanup(func() { stdlog.SetOutput(before) }) //nolint:forbidigo // to put it back
	run(t.Context(), newRootCommand(), []string{"serve", "--config", t.TempDir() + "/none.yaml"}, io.Discard, io.Discard)
	if stdlog.Writer() != io.Discard { //nolint:forbidigo // to look at it
		t.Error("the standard logger still writes")
	}
}
