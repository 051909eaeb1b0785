package page_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page"
	"ivalt-radius/admin/view"
)

// BenchmarkNow is what fifty people cost who load the view at once.
func BenchmarkNow(b *testing.B) {
	pages := page.New(deps(&desk{answers: map[string]any{view.PathNow: busy()}}, person(access.Viewer)))
	defer pages.Close()
	mux := http.NewServeMux()
	pages.Handle(mux)
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/now", http.NoBody))
			if w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
	}
}
