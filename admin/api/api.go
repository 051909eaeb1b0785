package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/kept"
	"ivalt-radius/admin/view"
)

// Sessions are those of people who are signed in to the window.
type Sessions interface {
	// Sessions are those that somebody may see: their own; all where they have the permission to delete.
	Sessions(who access.Principal) []access.SessionInfo
	// End ends one that they may see. The error is a view.Refusal.
	End(handle string, by access.Principal) error
}

// Deps is what the API works with. All of it is needed.
type Deps struct {
	Desk     view.Desk
	Door     access.Door
	Sessions Sessions
	Version  string // of the server
}

// API is all routes.
type API struct {
	deps    Deps
	routes  []route
	most    int          // octets of an answer
	streams atomic.Int32 // that are open
	now     func() told  // what they are sent, made once a second
}

// New makes the API.
func New(d Deps) *API {
	a := &API{deps: d, routes: routes(), most: mostAnswer}
	a.now = kept.For(kept.Fresh, time.Now, a.tell)
	return a
}

// within bounds what the server does for one request.
const within = 15 * time.Second

// mostAnswer bounds an answer, in octets.
const mostAnswer = 64 << 20

// Handle serves everything below Base. Whoever is not known learns not even what there is.
func (a *API) Handle(mux *http.ServeMux) {
	byPath := map[string][]route{}
	for _, r := range a.routes {
		byPath[r.path] = append(byPath[r.path], r)
	}
	for path, here := range byPath {
		methods := map[string]http.Handler{}
		for _, r := range here {
			methods[r.method] = a.deps.Door.API(r.need, a.handler(r))
		}
		if get, ok := methods[http.MethodGet]; ok {
			methods[http.MethodHead] = get
		}
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		other := a.deps.Door.API(access.Read, func(w http.ResponseWriter, _ *http.Request, _ access.Principal) {
			w.Header().Set("Allow", allowed)
			refuse(w, refused{http.StatusMethodNotAllowed, "this takes " + allowed, nil})
		})
		mux.HandleFunc(Base+path, func(w http.ResponseWriter, r *http.Request) {
			if h, ok := methods[r.Method]; ok {
				h.ServeHTTP(w, r)
				return
			}
			other.ServeHTTP(w, r)
		})
	}
	nothing := a.deps.Door.API(access.Read, func(w http.ResponseWriter, _ *http.Request, _ access.Principal) {
		refuse(w, refused{http.StatusNotFound, "there is nothing here: see " + Base + document, nil})
	})
	mux.Handle(Base, nothing)
	mux.Handle(Base+"/", nothing)
}

// handler answers whoever may ask.
func (a *API) handler(r route) access.Handler {
	switch r.path {
	case document:
		text := Document()
		return a.checked(r, func(w http.ResponseWriter, _ *http.Request, _ call) {
			write(w, http.StatusOK, "application/json", text)
		})
	case events:
		return a.checked(r, a.stream)
	}
	return a.checked(r, func(w http.ResponseWriter, req *http.Request, c call) {
		ctx, cancel := context.WithTimeout(req.Context(), within)
		defer cancel()
		answer, err := r.do(ctx, a, c)
		if err != nil {
			refuse(w, err)
			return
		}
		a.reply(w, r, answer)
	})
}

// checked lets requests through that are understood.
func (a *API) checked(r route, next func(w http.ResponseWriter, req *http.Request, c call)) access.Handler {
	kind := "application/json"
	if r.path == events {
		kind = "text/event-stream"
	}
	return func(w http.ResponseWriter, req *http.Request, who access.Principal) {
		if !accepts(req.Header.Values("Accept"), kind) {
			refuse(w, refused{http.StatusNotAcceptable, "this answers with " + kind, nil})
			return
		}
		in, err := r.read(w, req)
		if err != nil {
			refuse(w, err)
			return
		}
		next(w, req, call{who, in})
	}
}

// accepts reports that an answer of a kind is wanted, by RFC 9110 section 12.5.1 without preferences: a range with q=0 excludes nothing but itself.
func accepts(header []string, kind string) bool {
	asked := false
	family, _, _ := strings.Cut(kind, "/")
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		asked = true
		wanted, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		if q, err := strconv.ParseFloat(parameters["q"], 64); err == nil && q == 0 {
			continue
		}
		if wanted == kind || wanted == family+"/*" || wanted == "*/*" {
			return true
		}
	}
	return !asked
}

// reply writes what the server answered.
func (a *API) reply(w http.ResponseWriter, r route, answer any) {
	if r.success() == http.StatusNoContent {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(whole(answer)); err != nil {
		refuse(w, err)
		return
	}
	if out.Len() > a.most {
		refuse(w, refused{http.StatusInternalServerError, "the answer is larger than 64 MiB: ask for less", nil})
		return
	}
	if begun, ok := answer.(view.Rehearsed); ok && r.success() == http.StatusAccepted && identifier(begun.ID) {
		w.Header().Set("Location", Base+rehearsals+"/"+begun.ID)
	}
	write(w, r.success(), "application/json", out.Bytes())
}

// write sends an answer that no browser takes for anything else, and nobody keeps.
func write(w http.ResponseWriter, status int, kind string, text []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// whole is a document whose lists and maps are there, also where they have nothing in them.
func whole(document any) any {
	v := reflect.New(reflect.TypeOf(document)).Elem()
	v.Set(reflect.ValueOf(document))
	fill(v)
	return v.Interface()
}

// fill makes what is nil empty, where it would be null.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Slice:
		fillList(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// fillList does it for a list. A record of the trail is octets, and no list.
func fillList(v reflect.Value) {
	if v.Type() == rawMessage {
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	for i := range v.Len() {
		fill(v.Index(i))
	}
}

// whoami says who asks.
func (a *API) whoami(c call) (Whoami, error) {
	me := Whoami{Name: c.who.Name, Machine: c.who.Machine, Role: c.who.Role.String(), Version: a.deps.Version}
	for _, p := range access.Permissions() {
		if c.who.May(p) {
			me.Permissions = append(me.Permissions, p.String())
		}
	}
	for _, s := range a.deps.Sessions.Sessions(c.who) {
		if s.Current {
			me.Ends = s.Ends
		}
	}
	return me, nil
}

// endSession ends a session that whoever asks may see.
func endSession(_ context.Context, a *API, c call) (any, error) {
	return struct{}{}, a.deps.Sessions.End(c.in.text("handle"), c.who)
}
