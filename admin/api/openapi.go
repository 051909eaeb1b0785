package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// Document is the OpenAPI document (3.1) of all routes, as JSON, the same for each server of this version.
func Document() []byte {
	s := &schemas{names: map[reflect.Type]string{}, all: object{}}
	s.reference(reflect.TypeFor[Problem]())
	paths := object{}
	for _, r := range routes() {
		item, ok := paths[Base+r.path].(object)
		if !ok {
			item = object{}
			paths[Base+r.path] = item
		}
		item[strings.ToLower(r.method)] = r.operation(s)
	}
	text, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "ivalt-radius", "version": "1.0.0", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "What the operator's window does, for machines. docs/api.md says how to begin.",
		},
		"tags":  tags(),
		"paths": paths,
		"components": object{
			"schemas": s.all,
			"securitySchemes": object{
				"token":   object{"type": "http", "scheme": "bearer", "description": "a token of admin.tokens"},
				"session": object{"type": "apiKey", "in": "cookie", "name": "__Host-ivalt_radius", "description": "a session of the page"},
				"csrf":    object{"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "goes with a session that changes something"},
			},
			"responses": object{"Problem": object{
				"description": "Why it was not done (RFC 9457).",
				"content":     object{"application/problem+json": object{"schema": s.reference(reflect.TypeFor[Problem]())}},
			}},
		},
	}, "", "  ")
	if err != nil {
		panic("api: " + err.Error()) // the table is a constant
	}
	return append(text, '\n')
}

func tags() (all []object) {
	for _, group := range []string{groupNow, groupLogins, groupPeople, groupIncidents, groupClients, groupServer, groupRehearse, groupWindow} {
		all = append(all, object{"name": group})
	}
	return all
}

// operation is the route in the document.
func (r route) operation(s *schemas) object {
	o := object{
		"operationId": r.id(), "summary": r.summary, "tags": []string{r.group},
		"description": "Needs the permission to " + r.need.String() + ".",
		"responses":   r.responses(s),
		"security":    []object{{"token": []string{}}, {"session": []string{}}},
	}
	if r.method != http.MethodGet {
		o["security"] = []object{{"token": []string{}}, {"session": []string{}, "csrf": []string{}}}
	}
	var parameters []object
	for _, f := range r.fields {
		switch {
		case r.inPath(f):
			parameters = append(parameters, f.parameter("path"))
		case !r.inBody():
			parameters = append(parameters, f.parameter("query"))
		}
	}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if r.inBody() {
		o["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": r.request()}}}
	}
	return o
}

// id is the operation's name: get_logins_attempt.
func (r route) id() string {
	return strings.ToLower(r.method) + strings.NewReplacer("/", "_", "{", "", "}", "", "-", "_", ".", "_").Replace(r.path)
}

// parameter is the field in path or query. Its description and example stand beside the schema, where tools look for them.
func (f field) parameter(in string) object {
	schema := f.asked()
	o := object{"name": f.name, "in": in, "required": f.must, "description": f.says, "example": schema["example"], "schema": schema}
	delete(schema, "description")
	delete(schema, "example")
	return o
}

// request is the schema of the body.
func (r route) request() object {
	properties, needed := object{}, []string{}
	for _, f := range r.rest() {
		properties[f.name] = f.asked()
		if f.must {
			needed = append(needed, f.name)
		}
	}
	o := object{"type": "object", "properties": properties, "required": needed, "additionalProperties": false}
	var ways []object
	for _, name := range r.choice.of {
		ways = append(ways, object{"required": []string{name}})
	}
	switch {
	case len(ways) > 0 && r.choice.exact:
		o["oneOf"] = ways
	case len(ways) > 0:
		o["anyOf"] = ways
	}
	return o
}

// responses are all that the route answers with.
func (r route) responses(s *schemas) object {
	good := object{"description": "It is done."}
	switch {
	case r.path == events:
		good["content"] = object{"text/event-stream": object{"schema": object{
			"type": "string", "description": "events `now`, whose data is what /now answers; an event `problem` is the last one. A stream ends after a minute.",
		}}}
	case r.path == document:
		good["content"] = object{"application/json": object{"schema": object{"type": "object"}}}
	case r.answer != nil:
		good["content"] = object{"application/json": object{"schema": s.of(r.answer)}}
	}
	if r.status == http.StatusAccepted {
		good["headers"] = object{"Location": object{"schema": object{"type": "string"}, "description": "where it is shown"}}
	}
	all := object{strconv.Itoa(r.success()): good, "default": object{"$ref": "#/components/responses/Problem"}}
	for _, status := range r.problems() {
		all[strconv.Itoa(status)] = object{"$ref": "#/components/responses/Problem"}
	}
	return all
}

// Table is the routes for docs/api.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| | | permission | what |\n|---|---|---|---|\n")
	for _, r := range routes() {
		b.WriteString("| " + r.method + " | `" + r.path + "` | " + r.need.String() + " | " + r.summary + " |\n")
	}
	return b.String()
}
