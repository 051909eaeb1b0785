package doctoring

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	memory "ivalt-radius/state/cluster"
)

// TestClusterOf asks the running server, and says why nothing is known where none can be asked.
func TestClusterOf(t *testing.T) {
	s := &config.Settings{}
	s.State.Directory = t.TempDir()
	in := inputs{Loaded: Loaded{Settings: s}}
	unknown := func(step, why string) {
		t.Helper()
		if got := clusterOf(t.Context(), in); got.Known || !strings.Contains(got.Why, why) {
			t.Errorf("%s: %+v", step, got)
		}
	}
	unknown("nothing is shared", "is empty")
	s.State.Redis.Addresses, s.State.Node = []string{"127.0.0.1:9"}, "a"
	in.denied = []string{"/secret"}
	unknown("secrets may not be read", "as root")
	in.denied = nil

	node := memory.Node{Name: "a", Alive: true}
	for name, c := range map[string]struct {
		report sharing.Report
		want   doctor.Cluster
	}{
		"well":       {sharing.Report{Memory: sharing.Memory{Reachable: true, Hears: true, Eviction: "noeviction"}, Nodes: []sharing.Member{{Node: node}}}, doctor.Cluster{Nodes: 1}},
		"gone":       {sharing.Report{Memory: sharing.Memory{Why: "refused"}}, doctor.Cluster{Trouble: "refused", Uneven: "the shared memory cannot be asked"}},
		"gone, dumb": {sharing.Report{}, doctor.Cluster{Trouble: "it does not answer", Uneven: "the shared memory cannot be asked"}},
		"forgets": {
			sharing.Report{Memory: sharing.Memory{Reachable: true, Hears: true, Eviction: "allkeys-lru"}, Nodes: []sharing.Member{{Node: node, Differs: true}}},
			doctor.Cluster{Nodes: 1, Drops: "allkeys-lru", Uneven: "other settings: a"},
		},
	} {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /nodes", func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, c.report, nil) })
		server, err := control.Listen(t.Context(), s.State.Directory, mux)
		if err != nil {
			t.Fatal(err)
		}
		if got := clusterOf(t.Context(), in); !got.Known || got.Value != c.want {
			t.Errorf("%s: %+v", name, got)
		}
		server.Close(context.WithoutCancel(t.Context()))
	}
}
