package manual

import (
	"regexp"
	"strings"
	"time"
)

// Edition is what every page says of itself in its margins.
type Edition struct {
	Date    time.Time // of the sources, in UTC
	Version string
}

// page is a text in the language of man(7).
type page struct{ strings.Builder }

// put adds a text as it is.
func (p *page) put(text string) { _, _ = p.WriteString(text) }

// begin writes the title. No hyphen is put into words.
func (p *page) begin(name, section string, e Edition) {
	p.put(`.TH "` + escape(strings.ToUpper(name)) + `" "` + section + `" "` + e.Date.UTC().Format(time.DateOnly) + `" "ivalt-radius ` + escape(e.Version) + "\" \"ivalt-radius\"\n.nh\n.ad l\n")
}

func (p *page) section(title string) { p.put(".SH " + title + "\n") }

// term is a word with its meaning below.
func (p *page) term(word, meaning string) {
	p.put(".TP\n" + word + "\n" + line(meaning) + "\n")
}

// see lists other pages, as "name(1)".
func (p *page) see(pages []string) {
	p.section("SEE ALSO")
	for i, other := range pages {
		name, section, _ := strings.Cut(strings.TrimSuffix(other, ")"), "(")
		comma := ","
		if i == len(pages)-1 {
			comma = ""
		}
		p.put(".BR " + escape(name) + " (" + section + ")" + comma + "\n")
	}
}

// escape is a text that troff shows as it is written.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
}

// line is a line of running text. One that begins with a dot or an apostrophe is no request.
func line(text string) string {
	text = escape(strings.TrimSpace(text))
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// words between backquotes, bold marks and links, as the settings' meanings have them.
var (
	code   = regexp.MustCompile("`([^`]*)`")
	strong = regexp.MustCompile(`\*\*([^*]*)\*\*`)
	link   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
)

// plain is Markdown's running text without its marks.
func plain(text string) string {
	for _, mark := range []*regexp.Regexp{link, code, strong} {
		text = mark.ReplaceAllString(text, "$1")
	}
	return text
}
