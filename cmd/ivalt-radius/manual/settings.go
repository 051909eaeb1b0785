package manual

import (
	"strings"

	"ivalt-radius/config/tree"
)

// Settings is the page about the settings, from the table of keys that Table of config/tree writes: key, type, default, meaning, environment.
func Settings(keys []tree.Key, e Edition) string {
	var p page
	p.begin(SettingsPage, "5", e)
	p.section("NAME")
	p.put(escape(SettingsPage) + ` \- the settings of ivalt\-radius` + "\n")
	p.section("DESCRIPTION")
	p.paragraphs(`ivalt-radius reads one YAML file. "ivalt-radius init" writes a commented one, and "ivalt-radius check" names every fault in it. An unknown key is a fault.
Durations are Go's: 90s, 2m, 1h30m.

A secret is written as file:PATH, env:NAME, credential:NAME (systemd), sealed:TEXT (what "ivalt-radius seal" printed), or as the text itself, with a warning.

Every key can be set by the environment variable that stands with it; of a list of maps it names the first element.`)
	p.section("SETTINGS")
	for _, key := range keys {
		kind, otherwise := key.Words()
		said := plain(kind)
		switch otherwise = plain(otherwise); {
		case key.Required:
			said += "; required"
		case otherwise != "":
			said += "; default: " + otherwise
		}
		p.term(`\fB`+escape(key.Path)+`\fR`, strings.TrimSuffix(plain(key.Meaning), ".")+".")
		p.put(".br\n" + line(said+".") + "\n.br\n" + line(key.Variable()) + "\n")
	}
	p.section("FILES")
	p.term("/etc/ivalt\\-radius/config.yaml", "the settings of the packaged server")
	p.see([]string{"ivalt-radius(1)", "ivalt-radius-check(1)", "ivalt-radius-init(1)"})
	return p.String()
}
