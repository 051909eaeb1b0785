package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var files embed.FS

// asset is one file of the page, as it is and compressed.
type asset struct {
	digest string // of its content, in its URL
	kind   string // its Content-Type
	plain  []byte
	packed func() []byte // made when somebody asks first
}

// assetSet are all of them, by name. A URL has the digest of the content, so that a browser may keep it for good.
type assetSet struct {
	byName map[string]asset
}

// newAssets makes the set. What it may fail with is a fault of the binary.
func newAssets() *assetSet {
	s := &assetSet{byName: map[string]asset{}}
	list, err := fs.ReadDir(files, "assets")
	if err != nil {
		panic(err) // the directory is there
	}
	for _, f := range list {
		kind := assetType(f.Name())
		if kind == "" {
			continue // a licence, or what is said of the vendored files
		}
		content, err := files.ReadFile("assets/" + f.Name())
		if err != nil {
			panic(err) // it was listed
		}
		sum := sha256.Sum256(content)
		s.byName[f.Name()] = asset{digest: hex.EncodeToString(sum[:8]), kind: kind, plain: content, packed: sync.OnceValue(func() []byte { return pack(content) })}
	}
	return s
}

// assetType is the Content-Type of what a browser may have; empty: it may not.
func assetType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return ""
}

// pack compresses with gzip.
func pack(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(content) // to memory
	_ = w.Close()
	return out.Bytes()
}

// url is where a file is asked for; empty: there is none of that name.
func (s *assetSet) url(name string) string {
	a, ok := s.byName[name]
	if !ok {
		return ""
	}
	return "/assets/" + a.digest + "/" + name
}

// styles are the URLs of all style sheets: those of libraries first, so that ours may say otherwise.
func (s *assetSet) styles() []string {
	var libraries, ours []string
	for name := range s.byName {
		switch {
		case strings.HasSuffix(name, ".min.css"):
			libraries = append(libraries, s.url(name))
		case strings.HasSuffix(name, ".css"):
			ours = append(ours, name)
		}
	}
	slices.Sort(libraries)
	slices.SortFunc(ours, func(a, b string) int { return strings.Compare(b, a) }) // window.css before lists.css
	for _, name := range ours {
		libraries = append(libraries, s.url(name))
	}
	return libraries
}

// ServeHTTP implements http.Handler. A file whose content is another by now is not there under its old name.
func (s *assetSet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s.byName[r.PathValue("name")]
	if !ok || a.digest != r.PathValue("digest") {
		http.NotFound(w, r)
		return
	}
	body := a.plain
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = a.packed()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}
