package incident

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"ivalt-radius/guard"
)

// FuzzFile: whatever a file holds, what is taken for an incident is within its bounds, steers no terminal, and can be written and read
// again as it is.
func FuzzFile(f *testing.F) {
	const id = "20261126-k7m3"
	i := Incident{ID: id, Rule: guard.BruteForce, Count: 5, First: start(), Last: start(), Opened: start(), History: []Change{{What: "opened", By: Automatic}}}
	for n := range 3 {
		i.witness([]guard.Line{line(start(), "alice", n)})
		i.act(Action{Step: "block", Outcome: Withheld, Detail: "why"})
		text, err := json.Marshal(i)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	i.Detail = strings.Repeat("alice ", 160)
	i.Evidence[0].Record = json.RawMessage(`{"user":"alice","detail":"` + i.Detail + i.Detail + i.Detail + `"}`)
	long, err := json.Marshal(i)
	if err != nil || i.check() != nil {
		f.Fatal(err, i.check())
	}
	f.Add(long)
	f.Add([]byte(`{"id":"20261126-k7m3","evidence":[{"record":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := parse(id, text)
		if err != nil {
			return
		}
		if read.check() != nil || len(read.Evidence) > firstLines+newestLines || !guard.Printable(read.Detail) {
			t.Errorf("taken: %+v", read)
		}
		read.forget("alice", "forgotten-1")
		fs := files{t.TempDir()}
		must(t, fs.write(read))
		again, err := fs.read(id)
		if err != nil {
			written, _ := os.ReadFile(fs.path(id))
			t.Fatalf("%v: %s", err, written)
		}
		one, _ := json.Marshal(read)
		other, _ := json.Marshal(again)
		if !bytes.Equal(one, other) {
			t.Errorf("%s\nis read as\n%s", one, other)
		}
	})
}
