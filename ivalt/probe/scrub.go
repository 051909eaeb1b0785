package probe

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"ivalt-radius/secret"
)

// gone stands where something was that could be of a person.
const gone = "<…>"

// mostText bounds a text that is kept, in octets.
const mostText = 160

// Shortest pieces that are worth looking for: shorter ones are half of all words.
const (
	shortestWord = 3
	shortestTail = 7 // digits of a mobile's end

	mostWords = 400 // that are learned: a hostile answer may have any number
)

var (
	emailText = regexp.MustCompile(`[^\s"'<>()]*(?:@|%40)[^\s"'<>()]*`)
	digitText = regexp.MustCompile(`[0-9]+`)
	tokenText = regexp.MustCompile(`[A-Za-z0-9]+`)
)

// scrubber knows what must be in no output, and takes it out of texts. Make it with newScrubber.
type scrubber struct {
	never []string // what a record may not hold, whatever happens; lower case
	words []string // what texts are cleaned of, too; lower case, longest first
}

// newScrubber begins with the person's e-mail and with secrets.
func newScrubber(email string, secrets ...secret.Secret) *scrubber {
	s := &scrubber{}
	s.keep(email)
	for _, text := range secrets {
		s.keep(text.Reveal())
	}
	local, _, _ := strings.Cut(email, "@")
	s.learn(local)
	return s
}

// keep adds a text that no record may hold.
func (s *scrubber) keep(text string) {
	if text = strings.ToLower(text); len(text) >= shortestTail {
		s.never = append(s.never, text)
		s.add(text)
	}
}

// keepMobile adds a number, and its end: an answer may write it without its country.
func (s *scrubber) keepMobile(e164 string) {
	digits := strings.TrimPrefix(e164, "+")
	s.keep(digits)
	if len(digits) > shortestTail {
		s.keep(digits[len(digits)-shortestTail:])
	}
}

// learn adds a text of a person and its words.
func (s *scrubber) learn(text string) {
	text = strings.ToLower(strings.TrimSpace(text))
	s.add(text)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !letter(r) }) {
		s.add(word)
	}
}

func (s *scrubber) add(word string) {
	if len(word) < shortestWord || len(s.words) >= mostWords || slices.Contains(s.words, word) {
		return
	}
	s.words = append(s.words, word)
	slices.SortStableFunc(s.words, func(a, b string) int { return len(b) - len(a) })
}

// learnFrom adds the texts of a body that are a person's: all but those of members that speak of the answer itself.
func (s *scrubber) learnFrom(body []byte) {
	var v any
	if json.Unmarshal(body, &v) == nil {
		s.learnValue(v, "")
	}
}

func (s *scrubber) learnValue(v any, name string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if name = strings.ToLower(name); name != "debug" && name != "instance" && name != "errors" {
				s.learnValue(inner, name)
			}
		}
	case []any:
		for _, inner := range v {
			s.learnValue(inner, name)
		}
	case string:
		if !spoken(name) {
			s.learn(v)
		}
	}
}

// spoken reports a member whose text says something about the answer, and is kept where nothing personal is left in it.
func spoken(name string) bool {
	return slices.Contains([]string{"message", "title", "detail", "code", "status", "type"}, strings.ToLower(name))
}

// text is what may be kept of one: no e-mail, no digit, no word of the person's, no identifier, and no capitalised word that
// iVALT's own answers are not known to use, since it may be a name.
func (s *scrubber) text(text string) string {
	if len(text) > 2*mostText {
		text = text[:2*mostText]
		text = text[:max(0, strings.LastIndexByte(text, ' '))] // half a name is not known for one
	}
	text = emailText.ReplaceAllString(text, "\x01")
	for _, word := range s.words {
		text = withoutWord(text, word)
	}
	text = tokenText.ReplaceAllStringFunc(text, tokenKept)
	text = digitText.ReplaceAllString(text, "#")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\x02':
			return '…'
		case r == '\x01' || r >= ' ' && r <= '~':
			return r
		}
		return '?'
	}, text)
	text = strings.NewReplacer("\x01", "<email>", "…", gone).Replace(text)
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "..."
	}
	return text
}

// withoutWord puts a mark in the place of a word, whatever its case, wherever it stands.
func withoutWord(text, word string) string {
	pattern, err := regexp.Compile(`(?i)` + regexp.QuoteMeta(word))
	if err != nil { // octets that are no UTF-8
		return text
	}
	return pattern.ReplaceAllString(text, "\x02")
}

// tokenKept is a run of letters and digits as it may be kept.
func tokenKept(token string) string {
	const longest = 24
	mixed := strings.ContainsAny(token, "0123456789") && strings.Trim(token, "0123456789") != "" && len(token) >= 6
	capital := token[0] >= 'A' && token[0] <= 'Z'
	if mixed || len(token) > longest || capital && !slices.Contains(vocabulary(), strings.ToLower(token)) {
		return "\x02"
	}
	return token
}

// name is a member's or a header's name as it may be kept.
func (s *scrubber) name(name string) string {
	const longest = 48
	kept := name != "" && len(name) <= longest && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz_-. ") == ""
	lower := strings.ToLower(name)
	parts := strings.FieldsFunc(lower, func(r rune) bool { return !letter(r) })
	for _, word := range s.words {
		// A short word of the person's is half of many names: "mobile" stays where the person is called "mob".
		const long = 5
		within := len(word) >= long && strings.Contains(lower, word) || slices.Contains(parts, word)
		kept = kept && (!within || slices.Contains(vocabulary(), word))
	}
	if kept || slices.Contains(vocabulary(), lower) {
		return name
	}
	return "<key>"
}

// leaks reports a text that holds what no record may.
func (s *scrubber) leaks(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(s.never, func(never string) bool { return strings.Contains(text, never) })
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > '~' }

// vocabulary are the words that iVALT's answers, and those of what stands before it, are known to begin with a capital.
func vocabulary() []string {
	return strings.Fields(`a access account active after an and any api app application approved at attempts auth authenticated
		authentication authorization bad biometric body by cannot client code could declined denied denial details device done email
		endpoint error exceeded exception expired failed fence field forbidden found from gateway geo geofence geofencing has have
		http id in inactive incorrect internal invalid is it key limit location many message method missing mobile no not notification
		number of ok on out outside please provided push quota rate rejected request requests required resource response result results
		route secret security sent server service session signature slot status success successful successfully the this time timed
		timeout timezone to token too transaction try unauthenticated unauthorized unavailable unknown unprocessable url user valid
		validation verification verified wait was window within wrong you your country data debug latitude longitude address imei
		name phone`)
}
