package mask

import "strings"

// What stands in the place of masked data.
const (
	Email  = "[EMAIL_MASKED]"
	APIKey = "[API_KEY_MASKED]" //nolint:gosec // what stands there instead of one
)

// keyLength is how long an API key is at least.
const keyLength = 32

// Text masks API keys, e-mail addresses and mobiles in a free text. A text without any is returned as it is, at the price of one
// look at each octet.
func Text(s string) string {
	if !suspicious(s) {
		return s
	}
	return Mobiles(APIKeys(Emails(s)))
}

// suspicious reports a text that may hold something to be masked.
func suspicious(s string) bool {
	run := 0
	for i := range len(s) {
		c := s[i]
		switch classes[c] {
		case keyOctet:
			if run++; run >= keyLength {
				return true
			}
			continue
		case atSign:
			return true
		case plusSign:
			if i+1 < len(s) && isDigit(s[i+1]) {
				return true
			}
		case otherOctet:
		}
		run = 0
	}
	return false
}

// octet is what an octet may begin or belong to.
type octet uint8

const (
	otherOctet octet = iota
	keyOctet
	atSign
	plusSign
)

// classes is the octet of each byte.
var classes = classesOf() //nolint:gochecknoglobals // a constant that Go cannot write as one

func classesOf() (all [256]octet) {
	for c := range all {
		switch b := byte(c); {
		case isLower(b), isUpper(b), isDigit(b), b == '-', b == '_':
			all[c] = keyOctet
		case b == '@':
			all[c] = atSign
		case b == '+':
			all[c] = plusSign
		}
	}
	return all
}

// APIKeys masks what has the form of an API key.
func APIKeys(s string) string {
	var out strings.Builder
	kept := 0 // s[:kept] is in out
	for from := 0; from < len(s); {
		to := from
		for to < len(s) && classes[s[to]] == keyOctet {
			to++
		}
		if to-from >= keyLength && !harmless(s[from:to]) && !inPath(s[:from]) {
			out.WriteString(s[kept:from])
			out.WriteString(APIKey)
			kept = to
		}
		from = to + 1
	}
	return rest(&out, s, kept)
}

// rest is what was written with the end of the text, or the text itself where nothing was.
func rest(out *strings.Builder, s string, kept int) string {
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

// harmless reports a run of key octets that is no key: words and numbers, as an event's name or a file's, a SHA-256 digest, a UUID.
func harmless(run string) bool {
	const digest = 64 // hex digits
	if len(run) == digest && isHex(run) || isUUID(run) {
		return true
	}
	for word := range strings.FieldsFuncSeq(run, func(r rune) bool { return r == '-' || r == '_' }) {
		if !isWord(word) {
			return false
		}
	}
	return true
}

// isWord reports digits alone, or letters as a word has them: no capital behind a small one, and no more than any word has.
func isWord(s string) bool {
	const longest = 24
	digits, lower, upper := 0, 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case isLower(c):
			lower++
		case isUpper(c):
			upper++
		}
	}
	if digits == len(s) {
		return true
	}
	capitalised := upper == 1 && isUpper(s[0])
	return digits == 0 && (upper == 0 || lower == 0 || capitalised) && len(s) <= longest
}

// isUUID reports groups of 8, 4, 4, 4 and 12 hex digits (RFC 9562, section 4).
func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && isHex(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:])
}

func isHex(s string) bool {
	for i := range len(s) {
		if !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

// inPath reports that what follows is part of a file's path: its first octet is a slash, and it is no URL's.
func inPath(before string) bool {
	token := before[strings.LastIndexAny(before, " \t\n\"'`=:,;()[]<>")+1:]
	return strings.HasPrefix(token, "/") && !strings.HasPrefix(token, "//")
}

// Emails masks e-mail addresses: a local part, an @, and a domain with a dot and a last label of letters. A template
// ("{username}@example.com") and a module's version ("example.com/x@v1.2.3") are none.
func Emails(s string) string {
	var out strings.Builder
	kept := 0
	for at := strings.IndexByte(s, '@'); at >= 0; {
		from, to := at, at+1+domain(s[at+1:])
		for from > kept && isLocal(s[from-1]) {
			from--
		}
		if from < at && to > at+1 {
			out.WriteString(s[kept:from])
			out.WriteString(Email)
			kept = to
		}
		next := strings.IndexByte(s[at+1:], '@')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return rest(&out, s, kept)
}

// isLocal reports an octet of a local part: more than RFC 5322 has, and UTF-8 (RFC 6531).
func isLocal(c byte) bool {
	return c > ' ' && c != 0x7f && !strings.ContainsRune("\"'`\\<>()[]{},;:/@", rune(c))
}

// domain is the length of the domain at the beginning of a text; 0 where there is none.
func domain(s string) int {
	end := 0
	for end < len(s) && (isLower(s[end]) || isUpper(s[end]) || isDigit(s[end]) || s[end] == '.' || s[end] == '-' || s[end] >= 0x80) {
		end++
	}
	name := strings.TrimRight(s[:end], ".-")
	dot := strings.LastIndexByte(name, '.')
	if dot < 1 {
		return 0
	}
	top := name[dot+1:]
	if len(top) < 2 || isDigit(top[0]) { // no top-level domain begins with a digit
		return 0
	}
	return len(name)
}

// Mobiles masks mobile numbers with a + (E.164), written together or in groups: every digit but the last two becomes a star.
func Mobiles(s string) string {
	var out strings.Builder
	kept := 0
	for at := strings.IndexByte(s, '+'); at >= 0 && at+1 < len(s); {
		to := at + 1 + number(s[at+1:])
		if to > at+1 {
			out.WriteString(s[kept:at])
			out.WriteString(Mobile(s[at:to]))
			kept = to
		}
		next := strings.IndexByte(s[to:], '+')
		if next < 0 {
			break
		}
		at = to + next
	}
	return rest(&out, s, kept)
}

// The digits of a number: fewer are no mobile, more are not (ITU-T E.164), and no more follow them in groups.
const (
	fewestDigits = 8
	mostDigits   = 15
)

// number is the length of the digits at the beginning of a text, with single octets between groups of them; 0 where they are no
// mobile's. Digits written together that suffice are not continued by a group: a date may follow.
func number(s string) int {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0
	}
	end, digits := 0, 0
	for i := 0; i < len(s); {
		together := span(s[i:], "0123456789", len(s))
		if together == 0 || end > 0 && digits+together > mostDigits {
			break
		}
		i += together
		end, digits = i, digits+together
		if together >= fewestDigits {
			break
		}
		i += span(s[i:], " -./()", 2)
	}
	if digits < fewestDigits {
		return 0
	}
	return end
}

// span is how many octets at the beginning of a text are of the kind, at most so many.
func span(s, of string, most int) (n int) {
	for n < min(len(s), most) && strings.IndexByte(of, s[n]) >= 0 {
		n++
	}
	return n
}

// Mobile is a number with a star in the place of every digit but the last two.
func Mobile(s string) string {
	masked := []byte(s)
	for i, shown := len(masked)-1, 0; i >= 0; i-- {
		if !isDigit(masked[i]) {
			continue
		}
		if shown++; shown > 2 {
			masked[i] = '*'
		}
	}
	return string(masked)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// isHexDigit reports a digit as our own digests have it.
func isHexDigit(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' }
