package api

import "ivalt-radius/admin/access"

// Route is a route as tests see it.
type Route struct {
	Method, Path string
	Need         access.Permission
	Asks         string
	Fields       []string
	Words        []string // of a request: name=example
}

// Routes are all of them.
func Routes() (all []Route) {
	for _, r := range routes() {
		out := Route{Method: r.method, Path: r.path, Need: r.need, Asks: r.asks}
		for _, f := range r.fields {
			out.Fields = append(out.Fields, f.name)
		}
		all = append(all, out)
	}
	return all
}
