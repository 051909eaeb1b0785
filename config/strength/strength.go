package strength

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/secret"
)

// Enough is how many bits a secret needs that can be tried offline: whoever reads one exchange of PAP may try shared secrets at
// leisure (RFC 2865 section 8).
const Enough = 64

// fewest is how many different characters a secret must have that anybody draws by lot.
const fewest = 6

// Word is what is wrong with a secret.
type Word string

// The words.
const (
	WellKnown Word = "well-known" // one of the list, however it is stretched, or a few letters again and again
	Weak      Word = "weak"       // fewer bits than Enough
	Short     Word = "short"      // fewer octets than its kind needs
)

// Judge is what is wrong with a secret that should have so many octets at least; nil: nothing. A well-known one is not called weak
// as well.
func Judge(s secret.Secret, least int) []Word {
	var words []Word
	text := s.Reveal()
	if bits, listed := estimate(text); fewLetters(text) || listed && bits < Enough {
		words = append(words, WellKnown)
	} else if bits < Enough {
		words = append(words, Weak)
	}
	if len(text) < least {
		words = append(words, Short)
	}
	return words
}

// fewLetters reports a text of fewer than six different characters.
func fewLetters(text string) bool {
	different := map[rune]bool{}
	for _, r := range text {
		different[r] = true
	}
	return len(different) < fewest
}

// What the parts cost, in bits.
const (
	ofWord     = 8.0
	ofOther    = 13.0 // log2 of 7,776
	ofLetter   = 2.5
	longWord   = 8 // letters
	ofSequence = 6.0
	ofYear     = 7.0
	ofDate     = 15.0
	ofRepeat   = 4.0
)

// The least lengths of the parts, in characters.
const (
	leastWord     = 4
	leastSequence = 3
	leastRepeat   = 4
)

// part is what a reader finds at a place: so many characters, which cost so many bits.
type part struct {
	length int
	bits   float64
	listed bool // a word of known
}

// mostRead is how many characters are looked at: what stands behind them changes no judgement.
const mostRead = 256

// reader reads one text.
type reader struct {
	written, folded []rune
	known, common   []string
	rows            [][]rune // in both directions
}

// estimate reads a text part by part; listed reports that one is well known.
func estimate(text string) (bits float64, listed bool) {
	written := []rune(text)
	written = written[:min(len(written), mostRead)]
	r := reader{written: written, folded: []rune(fold(string(written))), known: known(), common: common()}
	if len(r.folded) != len(written) {
		r.folded = written // a letter whose lower case is longer: rare, and no word of the lists has one
	}
	for _, row := range rows() {
		keys := []rune(row)
		back := slices.Clone(keys)
		slices.Reverse(back)
		r.rows = append(r.rows, keys, back)
	}
	each := math.Log2(float64(pool(written)))
	for at := 0; at < len(written); {
		p := r.next(at)
		if p.length == 0 {
			p = part{length: 1, bits: each}
		}
		if slices.Contains(written[:at], written[at]) && p.length == 1 && !alphanumeric(written[at]) {
			p.bits = 1 // the same separator again
		}
		bits += min(p.bits, each*float64(p.length))
		listed = listed || p.listed
		at += p.length
	}
	return bits, listed
}

// next is the longest part at a place; the zero part: none.
func (r reader) next(at int) part {
	var best part
	for _, p := range []part{
		r.listedWord(at), date(r.written[at:]), sequence(r.folded[at:]), r.walk(at), r.before(at), otherWord(r.written, at),
	} {
		if p.length > best.length || p.length == best.length && p.bits < best.bits {
			best = p
		}
	}
	return best
}

func (r reader) listedWord(at int) (best part) {
	rest := string(r.folded[at:])
	for i, words := range [][]string{r.common, r.known} {
		for _, word := range words {
			if !strings.HasPrefix(rest, word) {
				continue
			}
			if n := utf8.RuneCountInString(word); n >= best.length {
				best = part{length: n, bits: ofWord, listed: i == 1}
			}
		}
	}
	return best
}

// sequence is a run of one character, or of neighbours in either direction.
func sequence(folded []rune) part {
	n := 1
	for n < len(folded) && folded[n]-folded[n-1] == folded[min(1, len(folded)-1)]-folded[0] && within(folded[1]-folded[0]) {
		n++
	}
	return stretch(n)
}

// within reports a step of a sequence.
func within(step rune) bool { return step >= -1 && step <= 1 }

// walk follows a row of the keyboard in either direction.
func (r reader) walk(at int) part {
	n := 0
	for _, row := range r.rows {
		n = max(n, follows(r.folded[at:], row))
	}
	return stretch(n)
}

// follows is how far a text goes along a row.
func follows(folded, row []rune) int {
	at := slices.Index(row, folded[0])
	if at < 0 {
		return 0
	}
	n := 0
	for n < len(folded) && at+n < len(row) && folded[n] == row[at+n] {
		n++
	}
	return n
}

func stretch(n int) part {
	if n < leastSequence {
		return part{}
	}
	return part{length: n, bits: ofSequence + math.Log2(float64(n))}
}

// before is a part that stands further left already.
func (r reader) before(at int) part {
	n := 0
	left := string(r.folded[:at])
	for at+n < len(r.folded) && strings.Contains(left, string(r.folded[at:at+n+1])) {
		n++
	}
	if n < leastRepeat {
		return part{}
	}
	return part{length: n, bits: ofRepeat}
}

// date is a year, or a day as eight digits.
func date(written []rune) part {
	digits := 0
	for digits < len(written) && written[digits] >= '0' && written[digits] <= '9' {
		digits++
	}
	text := string(written[:digits])
	year := func(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }
	switch {
	case digits == 8 && (year(text[:4]) || year(text[4:])):
		return part{length: 8, bits: ofDate}
	case digits == 4 && year(text):
		return part{length: 4, bits: ofYear}
	}
	return part{}
}

// otherWord is a run of letters of one case, the first perhaps a capital, that can be spoken. It is read from its beginning alone.
func otherWord(written []rune, at int) part {
	if at > 0 && unicode.IsLower(written[at-1]) && unicode.IsLower(written[at]) {
		return part{}
	}
	n := 1
	same := unicode.IsLower
	if at+1 < len(written) && unicode.IsUpper(written[at]) && unicode.IsUpper(written[at+1]) {
		same = unicode.IsUpper
	}
	for at+n < len(written) && same(written[at+n]) {
		n++
	}
	if n < leastWord || !unicode.IsLetter(written[at]) || !spoken(written[at:at+n]) {
		return part{}
	}
	return part{length: n, bits: ofOther + ofLetter*float64(max(0, n-longWord))}
}

// spoken reports that no five consonants follow each other, as they soon do in what was drawn by lot.
func spoken(word []rune) bool {
	const most = 4
	consonants := 0
	for _, r := range word {
		if consonants++; strings.ContainsRune("aeiouyäöüáéíóúàèìòùâêîôûåøæ", unicode.ToLower(r)) {
			consonants = 0
		}
		if consonants > most {
			return false
		}
	}
	return true
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// pool is how many characters the classes of a text have.
func pool(text []rune) int {
	hexadecimal := true
	var lower, upper, digits, signs, others bool
	for _, r := range text {
		hexadecimal = hexadecimal && strings.ContainsRune("0123456789abcdef", r)
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case r >= 'a' && r <= 'z':
			lower = true
		case r >= 'A' && r <= 'Z':
			upper = true
		case r < unicode.MaxASCII:
			signs = true
		default:
			others = true
		}
	}
	if hexadecimal && lower {
		return 16
	}
	size := 0
	for _, class := range []struct {
		there bool
		has   int
	}{{digits, 10}, {lower, 26}, {upper, 26}, {signs, 33}, {others, 128}} {
		if class.there {
			size += class.has
		}
	}
	return max(size, 1)
}
