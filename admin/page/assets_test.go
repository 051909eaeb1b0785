package page_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ivalt-radius/admin/access"
)

// TestVendored: what others wrote is what VENDORED.md says, with its licence, and on the list of dependencies.
func TestVendored(t *testing.T) {
	t.Parallel()
	record := text(t, "assets/VENDORED.md")
	list := text(t, "../../docs/dependencies.md")
	rows := regexp.MustCompile(`(?m)^\| (\S+) \| (\S+) \| (\d\S+) \| \S+ \| (0BSD|MIT) \| ([0-9a-f]{64}) \|$`).FindAllStringSubmatch(record, -1)
	named := map[string]bool{"VENDORED.md": true, "window.css": true, "window.js": true, "lists.css": true, "icon.svg": true}
	for _, row := range rows {
		file, module, version, licence, digest := row[1], row[2], row[3], row[4], row[5]
		sum := sha256.Sum256([]byte(text(t, "assets/"+file)))
		if got := hex.EncodeToString(sum[:]); got != digest {
			t.Errorf("%s has the digest %s", file, got)
		}
		if !strings.Contains(list, "| "+module+" "+version+" | "+licence+" |") {
			t.Errorf("docs/dependencies.md does not list %s %s, %s", module, version, licence)
		}
		if !strings.Contains(record, "\n## "+module+"\n") {
			t.Errorf("there is no licence text of %s", module)
		}
		named[file] = true
	}
	files, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[f.Name()] {
			t.Errorf("%s is neither ours nor on record", f.Name())
		}
	}
	if len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
}

func text(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestAssets: what a page names is there, of its type, to be kept for good, and compressed for whoever takes it; nothing else is.
func TestAssets(t *testing.T) {
	t.Parallel()
	h := window(t, rich(), person(access.Viewer))
	found := regexp.MustCompile(`(?:href|src)="(/assets/([0-9a-f]{16})/([^"]+))"`).FindAllStringSubmatch(get(t, h, "/now").Body.String(), -1)
	if len(found) < 7 {
		t.Fatalf("%q", found)
	}
	for _, f := range found {
		url, digest, name := f[1], f[2], f[3]
		w := get(t, h, url)
		kind := w.Header().Get("Content-Type")
		sum := sha256.Sum256(w.Body.Bytes())
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || hex.EncodeToString(sum[:8]) != digest {
			t.Errorf("%s: %d %v", url, w.Code, w.Header())
		}
		if want := map[bool]string{strings.HasSuffix(name, ".js"): "text/javascript", strings.HasSuffix(name, ".css"): "text/css", strings.HasSuffix(name, ".svg"): "image/svg+xml"}[true]; !strings.HasPrefix(kind, want) || want == "" {
			t.Errorf("%s is %s", name, kind)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		r.Header.Set("Accept-Encoding", "br, gzip")
		packed := httptest.NewRecorder()
		h.ServeHTTP(packed, r)
		reader, err := gzip.NewReader(packed.Body)
		if err != nil || packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s: %v %v", name, err, packed.Header())
		}
		if plain, err := io.ReadAll(reader); err != nil || string(plain) != w.Body.String() {
			t.Errorf("%s: %v, %d octets", name, err, len(plain))
		}
	}
	for _, url := range []string{"/assets/window.css", "/assets/0000000000000000/window.css", "/assets/" + found[0][2] + "/VENDORED.md", "/assets/", "/assets/x/..%2fpage.go"} {
		if got := get(t, h, url).Code; got != http.StatusNotFound {
			t.Errorf("%s: %d", url, got)
		}
	}
}

// TestNothingFromElsewhere: our style sheets and scripts name no other host, and make no code of texts.
func TestNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"assets/window.css", "assets/window.js", "assets/icon.svg"} {
		body := strings.ReplaceAll(text(t, name), `xmlns="http://www.w3.org/2000/svg"`, "")
		for _, bad := range []string{"http:", "https:", "//cdn", "url(", "@import", "eval(", "innerHTML =", "Function(", "document.write", "setAttribute(\"style"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", name, bad)
			}
		}
	}
}

// luminance is that of a colour #rrggbb (WCAG 2.2, relative luminance).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestContrast: texts have 4.5 to 1 on every ground that they stand on, and edges of fields 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), by day and
// by night.
func TestContrast(t *testing.T) {
	t.Parallel()
	tokens := map[string][]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(text(t, "assets/window.css"), -1) {
		tokens[m[1]] = m[2:]
	}
	pairs := []string{"good good-ground", "bad bad-ground", "warn warn-ground", "accent accent-ground", "on-accent accent", "on-accent bad-fill", "good paper", "bad paper", "ink accent-ground"}
	for _, ink := range []string{"ink", "soft", "accent"} {
		for _, ground := range []string{"ground", "paper", "raised"} {
			pairs = append(pairs, ink+" "+ground)
		}
	}
	least := map[string]float64{"edge paper": 3, "accent line": 3}
	for _, p := range pairs {
		least[p] = 4.5
	}
	for pair, want := range least {
		ink, ground, _ := strings.Cut(pair, " ")
		if tokens[ink] == nil || tokens[ground] == nil {
			t.Fatalf("no token %s", pair)
		}
		for i, scheme := range []string{"light", "dark"} {
			a, b := luminance(t, tokens[ink][i]), luminance(t, tokens[ground][i])
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < want {
				t.Errorf("%s, %s: %.2f to 1, at least %s", pair, scheme, got, fmt.Sprint(want))
			}
		}
	}
}
