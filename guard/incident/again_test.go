package incident

import (
	"testing"
	"time"

	"ivalt-radius/guard"
)

// blocking is a responder whose step ends after an hour, or is withheld.
type blocking struct {
	k       *kit
	outcome Outcome
	asked   int
}

func (b *blocking) Respond(_ Incident, p Pen) {
	b.asked++
	p.Did(Action{Step: "block", Outcome: b.outcome, Until: b.k.at.Add(time.Hour)})
}

func (*blocking) Resume(Incident, Pen) {}

// TestWhatGoesOnBehindABlockIsAnsweredAgain: an attack that outlasts its block is not let go on until somebody closes the incident.
func TestWhatGoesOnBehindABlockIsAnsweredAgain(t *testing.T) {
	for outcome, want := range map[Outcome]int{Done: 3, Would: 1, Withheld: 1, Failed: 1} {
		t.Run(string(outcome), func(t *testing.T) {
			k := newKit(t)
			b := &blocking{k: k, outcome: outcome}
			k.deps.Responder = b
			for range 2 { // two hours and more
				for range 4 {
					k.Take(k.alert(guard.BruteForce, address("192.0.2.7"), guard.Critical, 30))
					k.respond()
					k.at = k.at.Add(20 * time.Minute)
				}
			}
			if b.asked != want {
				t.Errorf("answered %d times, want %d", b.asked, want)
			}
			if len(k.said.about("incident_escalated")) != 0 || len(k.only(t).History) != 1 {
				t.Error("it is the same incident, no worse than it was")
			}
		})
	}
}

func TestTold(t *testing.T) {
	at := start()
	opened := Change{At: at, What: "opened", By: Automatic}
	told := Action{At: at, Step: "notify", Outcome: Done}
	for name, c := range map[string]struct {
		i    Incident
		told bool
	}{
		"nobody was":             {Incident{History: []Change{opened}}, false},
		"somebody was":           {Incident{History: []Change{opened}, Actions: []Action{told}}, true},
		"it failed":              {Incident{History: []Change{opened}, Actions: []Action{{At: at, Step: "notify", Outcome: Failed}}}, false},
		"before it became worse": {Incident{History: []Change{opened, {At: at.Add(1), What: "escalated", By: Automatic}}, Actions: []Action{told}}, false},
		"before somebody saw it": {Incident{History: []Change{opened, {At: at.Add(1), What: "acknowledged", By: "uid=0"}}, Actions: []Action{told}}, true},
		"it has no history":      {Incident{Actions: []Action{told}}, false},
	} {
		if c.i.Told() != c.told {
			t.Error(name)
		}
	}
}
