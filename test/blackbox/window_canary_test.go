package blackbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// TestNothingSecretInTheWindow walks the login paths of TestNothingSecretInAnyOutput, and then everything that the window shows to an admin.
func TestNothingSecretInTheWindow(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	openEveryPath(t, site)
	site.OpenWindow("")
	site.Start(t, "--log-level", "debug")
	v := site.Visitor()
	v.SignIn(t, "admin", password)
	machine := token(t, site, "--name", "ci", "--role", "admin")
	everyPath(t, site)
	answers := everything(t, site, v)
	stopped(t, site)
	answers["the log"] = site.Server.Output()
	_, session, _ := strings.Cut(v.Cookie(), "=")
	hashed := blackbox.Hashed[strings.LastIndex(blackbox.Hashed, "$")+1:]
	for path, body := range answers {
		noCanary(t, path, body)
		for what, word := range map[string]string{"account's password": password, "account's hash": hashed, "token": machine, "session": session, "bearer of it": machine[len(machine)-20:]} {
			if strings.Contains(body, word) && (word != password || path != "/api/v1/openapi.json") { // which has it as its example
				t.Errorf("%s: the %s stands there", path, what)
			}
		}
	}
}

// everything is what all routes and pages that are read show, by their paths.
func everything(t *testing.T, site *blackbox.Site, v *blackbox.Visitor) map[string]string {
	t.Helper()
	attempt := site.AwaitAttempts(t, "mary", 1)[0].Text("attempt")
	var begun struct{ ID string }
	a := v.Post(t, "/api/v1/rehearsals", `{"cloud":"simulator","user":"mary","client":"gateway","password":"`+canaryPassword+`","reason":"r"}`)
	if a.Status != http.StatusAccepted {
		t.Fatalf("a rehearsal: status %d: %s", a.Status, a.Body)
	}
	a.Status = http.StatusOK
	a.JSON(t, &begun)
	blackbox.Eventually(t, "the rehearsal's end", func() bool {
		return strings.Contains(v.Get(t, "/api/v1/rehearsals/"+begun.ID).Body, `"over":true`)
	})
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	v.Get(t, "/api/v1/openapi.json").JSON(t, &document)
	paths := []string{
		"/now", "/logins", "/logins?user=mary", "/logins/" + attempt, "/people", "/incidents", "/incidents?all=true", "/clients", "/settings", "/rehearse", "/rehearse/" + begun.ID,
		"/account", "/signin", "/metrics", "/healthz", "/readyz", "/readyz?format=json", "/no-such-page", "/api/v1/no-such-route",
		"/api/v1/logins?user=nora", "/api/v1/incidents?all=true",
	}
	named := map[string]string{"{attempt}": attempt, "{id}": begun.ID}
	for path, methods := range document.Paths {
		if _, reads := methods["get"]; !reads || path == "/api/v1/events" || path == "/api/v1/incidents/{id}" {
			continue
		}
		for name, value := range named {
			path = strings.ReplaceAll(path, name, value)
		}
		paths = append(paths, path)
	}
	answers := map[string]string{"/events/now": v.First(t, "/events/now"), "/api/v1/events": v.First(t, "/api/v1/events")}
	var incidents []struct{ ID string }
	v.Get(t, "/api/v1/incidents?all=true").JSON(t, &incidents)
	for _, i := range incidents {
		paths = append(paths, "/incidents/"+i.ID, "/api/v1/incidents/"+i.ID)
	}
	refused := []string{"/no-such-page", "/api/v1/no-such-route", "/api/v1/nodes", "/signin"}
	for _, path := range paths {
		a := v.Get(t, path)
		if a.Status != http.StatusOK && !slices.Contains(refused, path) {
			t.Errorf("%s: status %d: %.300s", path, a.Status, a.Body)
		}
		answers[path] = a.Body + fmt.Sprint(a.Header)
	}
	answers["explain"] = v.Post(t, "/api/v1/explain", `{"user":"mary","client":"gateway","at":"`+time.Now().UTC().Format(time.RFC3339)+`"}`).Body
	if len(answers) < 38 || !strings.Contains(answers["/logins/"+attempt], "mary") || !strings.Contains(answers["explain"], "rows") {
		t.Errorf("only %d answers: the window was not walked", len(answers))
	}
	return answers
}
