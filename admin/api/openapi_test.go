package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"ivalt-radius/admin/api"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference$ .

// described is the document, which is sound.
func described(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Document())
	if err == nil {
		err = doc.Validate(context.Background(), openapi3.EnableExamplesValidation())
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// contract judges requests and answers by the document.
type contract struct{ routers.Router }

func newContract(t *testing.T) contract {
	t.Helper()
	r, err := legacy.NewRouter(described(t))
	if err != nil {
		t.Fatal(err)
	}
	return contract{r}
}

// input is a request as the document has it.
func (c contract) input(t *testing.T, method, target, body string) (*openapi3filter.RequestValidationInput, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://window"+target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	route, parameters, err := c.FindRoute(req)
	if err != nil {
		return nil, fmt.Errorf("finding %s %s: %w", method, target, err)
	}
	return &openapi3filter.RequestValidationInput{Request: req, PathParams: parameters, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
	}}, nil
}

// request judges a request.
func (c contract) request(t *testing.T, method, target, body string) error {
	t.Helper()
	in, err := c.input(t, method, target, body)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(t.Context(), in)
}

// answer judges an answer, whose status the document must name.
func (c contract) answer(t *testing.T, method, target, body string, a answer) error {
	t.Helper()
	in, err := c.input(t, method, target, body)
	if err != nil {
		return err
	}
	if in.Route.Operation.Responses.Status(a.status) == nil {
		return fmt.Errorf("the document does not name %d", a.status)
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.text)), Options: in.Options,
	})
}

// differences are routes that are missing in the document, or only there.
func differences(doc *openapi3.T, routes []api.Route) (found []string) {
	served := map[string]bool{}
	for _, r := range routes {
		served[r.Method+" "+r.Path] = true
		if item := doc.Paths.Value(r.Path); item == nil || item.GetOperation(r.Method) == nil {
			found = append(found, "not described: "+r.Method+" "+r.Path)
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !served[method+" "+path] {
				found = append(found, "not served: "+method+" "+path)
			}
		}
	}
	return found
}

// TestEveryRouteIsDescribed, and nothing else.
func TestEveryRouteIsDescribed(t *testing.T) {
	doc := described(t)
	if found := differences(doc, api.Routes()); len(found) > 0 {
		t.Error(found)
	}
	if found := differences(doc, api.Routes()[1:]); !slices.Equal(found, []string{"not served: GET /api/v1/now"}) {
		t.Errorf("a route that is not served: %v", found)
	}
	doc.Paths.Delete("/api/v1/now")
	if found := differences(doc, api.Routes()); !slices.Equal(found, []string{"not described: GET /api/v1/now"}) {
		t.Errorf("a route that is not described: %v", found)
	}
	names := map[string]bool{}
	for _, item := range doc.Paths.Map() {
		for _, o := range item.Operations() {
			if names[o.OperationID] || o.Summary == "" || len(o.Tags) != 1 {
				t.Errorf("%q: twice, or without a summary or a tag", o.OperationID)
			}
			names[o.OperationID] = true
		}
	}
}

// TestEveryRouteIsServed: what the document describes is there on a socket, by its own examples.
func TestEveryRouteIsServed(t *testing.T) {
	s, c := newScene(t), newContract(t)
	for path, item := range described(t).Paths.Map() {
		for method := range item.Operations() {
			i := slices.IndexFunc(api.Routes(), func(r api.Route) bool { return r.Method == method && r.Path == path })
			r := api.Routes()[i]
			if method == http.MethodGet { // of which the answer has no body, so that no stream goes on
				method = http.MethodHead
			}
			if got := s.ask(t, "admin", method, r.Target, r.Body, nil); got.status != r.Status {
				t.Errorf("%s %s: %d %s", method, r.Target, got.status, got.text)
			}
			if err := c.request(t, r.Method, r.Target, r.Body); err != nil {
				t.Errorf("%s %s %s: %v", r.Method, r.Target, r.Body, err)
			}
		}
	}
}

// TestReference holds docs/openapi.json and the table of docs/api.md to the code; UPDATE_DOCS=1 renews them.
func TestReference(t *testing.T) {
	hold(t, "../../docs/openapi.json", func(string) string { return string(api.Document()) })
	hold(t, "../../docs/api.md", func(page string) string {
		const begin, end = "<!-- routes: generated by `make docs` -->\n", "<!-- end of routes -->"
		before, rest, found := strings.Cut(page, begin)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Fatal("docs/api.md has no place for the routes")
		}
		return before + begin + "\n" + api.Table() + "\n" + end + after
	})
}

// TestExamplesOfTheDocs: the commands of docs/api.md do what they say.
func TestExamplesOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	s, c, seen := newScene(t), newContract(t), 0
	example := regexp.MustCompile(`(?m)^(ask|post) (?:-X (\w+) )?"?\$api([^\s"]+)"?(?: -d '(.*)')?(?:\s+#.*)?$`)
	for _, m := range example.FindAllStringSubmatch(string(page), -1) {
		method, target, body := m[2], api.Base+m[3], m[4]
		if method == "" {
			method = map[string]string{"ask": http.MethodGet, "post": http.MethodPost}[m[1]]
		}
		seen++
		if err := c.request(t, method, target, body); err != nil {
			t.Errorf("%s: %v", m[0], err)
		}
		target = strings.ReplaceAll(target, "4f1d2c3b5a697887", "s-2") // which is there
		if got := s.ask(t, "admin", method, target, body, nil); got.status/100 != 2 {
			t.Errorf("%s: %d %s", m[0], got.status, got.text)
		}
	}
	if lines := strings.Count(string(page), "$api/"); seen != lines {
		t.Errorf("%d of %d examples are understood", seen, lines)
	}
}

func hold(t *testing.T, path string, made func(was string) string) {
	t.Helper()
	is, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	want := made(string(is))
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(is)); diff != "" {
		t.Errorf("%s is not what the code says; run make docs (-want +got):\n%s", path, diff)
	}
}
