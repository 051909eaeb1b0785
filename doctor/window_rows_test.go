package doctor

import "time"

func windowRows() []row {
	const certificate, access = "window.certificate", "window.access"
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	is := func(w Window) Facts { w.On = true; return Facts{At: at, Window: Known(w)} }
	return []row{
		{"at loopback", certificate, is(Window{Loopback: true}), OK, "plain HTTP at a loopback address"},
		{"in the open", certificate, is(Window{}), Fault, "set admin.tls.certificate"},
		{"broken", certificate, is(Window{TLS: true, Trouble: "no pair"}), Fault, "no pair"},
		{"over", certificate, is(Window{TLS: true, Expires: at}), Fault, "expired on 2026-11-26"},
		{"soon", certificate, is(Window{TLS: true, Expires: at.AddDate(0, 0, 29)}), Warning, "in 29 days"},
		{"good", certificate, is(Window{TLS: true, Loopback: true, Expires: at.AddDate(0, 0, 30)}), OK, "until 2026-12-26"},
		{"not read", certificate, Facts{}, Unknown, "not known"},

		{"nobody", access, is(Window{}), Warning, "hash-password"},
		{"machines", access, is(Window{Tokens: 2}), OK, "2 tokens, and no account"},
		{"people", access, is(Window{Accounts: 1}), OK, "accounts: 1"},
		{"an old token", access, is(Window{Accounts: 1, Tokens: 1, Expired: []string{"ci"}}), Warning, "ci"},
		{"not read", access, Facts{}, Unknown, "not known"},
	}
}
