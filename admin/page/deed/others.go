package deed

import (
	"encoding/json"
	"net/url"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
)

// Acknowledge says that somebody looks after an incident.
func Acknowledge() Deed {
	return onIncident(Deed{
		At: "/incidents/{id}/ack", Path: view.PathAck, Title: "Acknowledge the incident", Button: "Acknowledge",
		Will: []string{"It stands in the incident's history and in the trail that you look after it. What was done about it goes on."},
	}, "acknowledged")
}

// Close ends an incident.
func Close() Deed {
	return onIncident(Deed{
		At: "/incidents/{id}/close", Path: view.PathClose, Title: "Close the incident", Button: "Close",
		Will: []string{"What comes afterwards is a new incident. Records that were held for this one may be deleted when they are old; blocks stay until they end or are lifted."},
	}, "closed")
}

func onIncident(d Deed, code string) Deed {
	const id = "id"
	d.View, d.Need = "incidents", access.Write
	d.Fields = []Field{{Name: id, Label: "Incident", Kind: Fixed}, why()}
	d.Order = func(f Form) (any, error) {
		return struct {
			ID     string `json:"id"`
			Reason string `json:"reason"`
		}{f.Get(id), f.Text(reasonField)}, nil
	}
	d.Told = func(json.RawMessage) Outcome { return Outcome{Code: code} }
	d.Back = func(f Form) (string, url.Values) { return phrase.At("/incidents/", f.Get(id), ""), url.Values{} }
	return d
}

// Enforce has an address, or all of a client, send Message-Authenticator.
func Enforce() Deed {
	return onClient(Deed{
		At: "/clients/enforce", Need: access.Configure, Path: view.PathEnforce,
		Title: "Enforce Message-Authenticator", Button: "Enforce now", Danger: true,
		Will: []string{"Whatever comes without Message-Authenticator is dropped from now on, over restarts, until it is forgotten by hand."},
		Fields: []Field{
			client(), address(),
			{Name: "force", Label: "Enforce it though it is not ready", Hint: "Nobody can log in over a gateway that does not send Message-Authenticator: its requests get no answer.", Kind: Check, Offered: true},
			why(),
		},
	}, "enforced")
}

// Unlearn lets an address, or a client, ask without Message-Authenticator again.
func Unlearn() Deed {
	return onClient(Deed{
		At: "/clients/forget", Need: access.Delete, Path: view.PathForget,
		Title: "Forget that it sends Message-Authenticator", Button: "Forget", Danger: true,
		Will:   []string{"It may ask without Message-Authenticator again, as far as the settings allow: for a gateway that was replaced by one that sends none. Until it sends one again, forged answers (BlastRADIUS) are not kept from it."},
		Fields: []Field{client(), address()},
	}, "unlearned")
}

func client() Field { return Field{Name: "client", Label: "Client", Kind: Fixed} }

func address() Field {
	return Field{Name: "address", Label: "Address", Hint: "every address of the client", Kind: Fixed}
}

func onClient(d Deed, code string) Deed {
	d.View = "clients"
	d.Order = func(f Form) (any, error) {
		return struct {
			Client  string `json:"client"`
			Address string `json:"address,omitempty"`
			Reason  string `json:"reason,omitempty"`
			Force   bool   `json:"force,omitempty"`
		}{f.Get("client"), f.Get("address"), f.Text(reasonField), f.Checked("force")}, nil
	}
	d.Told = func(json.RawMessage) Outcome { return Outcome{Code: code} }
	d.Back = func(Form) (string, url.Values) { return "/clients", url.Values{} }
	return d
}
