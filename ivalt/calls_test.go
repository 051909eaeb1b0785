package ivalt

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
)

// TestEveryCallIsInTheTrail: each request that iVALT got is one api_request, with its endpoint, status and time.
func TestEveryCallIsInTheTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), script(after(300*time.Millisecond, sent()), wait(), after(200*time.Millisecond, reply{status: 503}), said()))
		h.age()
		if a := h.push(t.Context(), pushTo(t, "a1", testMobile)); a.Outcome != auth.Approved {
			t.Fatalf("%+v", a)
		}
		ids := map[string]bool{}
		var got []audit.APICall
		for _, e := range h.notes.all() {
			if c, ok := e.(*audit.APICall); ok {
				ids[c.RequestID] = true
				c.RequestID = ""
				got = append(got, *c)
			}
		}
		want := []audit.APICall{
			{Attempt: "a1", Call: "push", Endpoint: pushPath, Status: 200, Class: "accepted", Duration: 300 * time.Millisecond},
			{Attempt: "a1", Call: "sentinel", Endpoint: resultPath, Status: 404, Class: "pending"},
			{Attempt: "a1", Call: "poll", Endpoint: resultPath, Status: 503, Class: "failed", Duration: 200 * time.Millisecond},
			{Attempt: "a1", Call: "poll", Endpoint: resultPath, Status: 200, Class: "approved"},
		}
		if diff := cmp.Diff(want, got); diff != "" || len(ids) != len(want) {
			t.Errorf("%d request ids (-want +got):\n%s", len(ids), diff)
		}
	})
}

// TestEveryProbeIsInTheTrail: those that look whether iVALT is back are calls too, of nobody's login.
func TestEveryProbeIsInTheTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(request) reply { return down() })
		h.age()
		for _, id := range []string{"a1", "a2", "a3", "a4"} {
			h.push(t.Context(), pushTo(t, id, testMobile))
		}
		<-time.After(time.Minute)
		probes := 0
		for _, e := range h.notes.all() {
			if c, ok := e.(*audit.APICall); ok && c.Call == "probe" {
				probes++
				if c.Attempt != "" || c.Endpoint == "" || c.Status != 503 || c.RequestID == "" {
					t.Errorf("%+v", c)
				}
			}
		}
		if probes < 3 {
			t.Errorf("%d probes in the trail", probes)
		}
	})
}
