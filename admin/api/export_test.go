package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"ivalt-radius/admin/access"
)

// Route is a route as tests see it.
type Route struct {
	Method, Path string
	Need         access.Permission
	Asks         string
	Answer       reflect.Type // of the Desk, where it is asked
	Status       int
	Target, Body string // of a request that the document gives as an example; the body is empty where there is none
	InBody       []string
	InQuery      []string
}

// Routes are all of them.
func Routes() (all []Route) {
	for _, r := range routes() {
		out := Route{Method: r.method, Path: Base + r.path, Need: r.need, Asks: r.asks, Answer: r.answer, Status: r.success(), Target: Base + r.path}
		query, body := url.Values{}, map[string]any{}
		for _, f := range r.fields {
			switch {
			case r.inPath(f):
				out.Target = strings.ReplaceAll(out.Target, "{"+f.name+"}", f.as)
			case r.inBody():
				out.InBody = append(out.InBody, f.name)
				if body[f.name] = any(f.as); f.kind == flag {
					body[f.name] = f.as == "true"
				}
			default:
				out.InQuery = append(out.InQuery, f.name)
				query.Set(f.name, f.as)
			}
		}
		if r.choice.exact {
			delete(body, r.choice.of[0])
		}
		if len(query) > 0 {
			out.Target += "?" + query.Encode()
		}
		if r.method == http.MethodPost {
			text, _ := json.Marshal(body)
			out.Body = string(text)
		}
		all = append(all, out)
	}
	return all
}

// Schemas are those of the document, by name, with the Go types that they are made of.
func Schemas() []reflect.Type {
	s := &schemas{names: map[reflect.Type]string{}, all: object{}}
	for _, r := range routes() {
		if r.answer != nil {
			s.of(r.answer)
		}
	}
	return slices.Collect(maps.Keys(s.names))
}

// Bound bounds an answer, in octets.
func (a *API) Bound(most int) { a.most = most }
