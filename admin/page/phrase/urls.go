package phrase

import "net/url"

// At is a path of the page whose last part names a thing.
func At(before, name, after string) string { return before + url.PathEscape(name) + after }

// Ask is a path with a query of names and values in turn; an empty value is left out.
func Ask(path string, pairs ...string) string {
	const two = 2
	q := url.Values{}
	for ; len(pairs) >= two; pairs = pairs[two:] {
		if pairs[1] != "" {
			q.Set(pairs[0], pairs[1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
