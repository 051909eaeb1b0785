package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/view"
)

// Base is where the API begins.
const Base = "/api/v1"

// route is one thing that the API does.
type route struct {
	method  string
	path    string // below Base, as a pattern of http.ServeMux
	need    access.Permission
	summary string // a sentence
	group   string // in the document
	status  int    // of success; 0: 200
	fields  []field
	choice  choice
	action
}

// choice is a rule about several fields.
type choice struct {
	of    []string
	exact bool // one of them, else one at least
}

// call is one request, understood.
type call struct {
	who access.Principal
	in  values
}

// action is what a route does, and what its answer is.
type action struct {
	asks   string       // the path on the control socket; empty: the API knows it by itself
	answer reflect.Type // nil: the answer has no body, or none of JSON
	do     func(ctx context.Context, a *API, c call) (any, error)
}

// ask has the server's own command carried out; in makes its request of what was asked, nil: an empty one.
func ask[T any](path string, in func(v values) any) action {
	return action{asks: path, answer: reflect.TypeFor[T](), do: func(ctx context.Context, a *API, c call) (any, error) {
		var out T
		var order any
		if in != nil {
			order = in(c.in)
		}
		err := a.deps.Desk.Ask(ctx, c.who.Actor(), path, order, &out)
		return out, err
	}}
}

// part is a part of what is so now.
func part[T any](pick func(now view.Now) T) action {
	whole := ask[view.Now](view.PathNow, nil)
	return action{asks: whole.asks, answer: reflect.TypeFor[T](), do: func(ctx context.Context, a *API, c call) (any, error) {
		now, err := whole.do(ctx, a, c)
		if err != nil {
			return nil, err
		}
		return pick(now.(view.Now)), nil //nolint:forcetypeassert // it is what whole answers
	}}
}

// own is what the API knows by itself.
func own[T any](do func(a *API, c call) (T, error)) action {
	return action{answer: reflect.TypeFor[T](), do: func(_ context.Context, a *API, c call) (any, error) { return do(a, c) }}
}

// inPath reports a field that the path names.
func (r route) inPath(f field) bool { return strings.Contains(r.path, "{"+f.name+"}") }

// inBody reports that the fields that the path does not name are in a body.
func (r route) inBody() bool { return r.method == http.MethodPost }

// rest are the fields that the path does not name.
func (r route) rest() []field {
	return slices.DeleteFunc(slices.Clone(r.fields), r.inPath)
}

// success is the status of an answer that is no problem.
func (r route) success() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}

// problems are the statuses of the problems that may come, in order.
func (r route) problems() []int {
	found := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotAcceptable, http.StatusInternalServerError}
	if len(r.fields) > 0 {
		found = append(found, http.StatusBadRequest)
	}
	if r.inBody() {
		found = append(found, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if r.asks != "" || r.group == groupWindow && r.method == http.MethodDelete {
		found = append(found, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable)
	}
	if r.path == events {
		found = append(found, http.StatusServiceUnavailable)
	}
	slices.Sort(found)
	return slices.Compact(found)
}
