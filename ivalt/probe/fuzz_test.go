package probe

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzShape: whatever a body or a header is, its shape is JSON, and nothing that the record may not hold is in it.
func FuzzShape(f *testing.F) {
	for _, seed := range []string{
		"", "{", `{"data":{"status":true,"message":"Sent to ` + testEmail + ` at ` + testMobile + `","details":{"name":"` + testName + `"}}}`,
		`{"` + testMobile + `":{"code":"` + testKey + `"}}`, `["` + testEmail + `"]`, `{"message":"ada.quillfeather%40brontosaurus.example"}`,
		`{"message":"\u0061da.quillfeather\u0040brontosaurus.example"}`, `{"type":"9876543210987654321"}`, "<p>" + testEmail,
	} {
		f.Add(seed, "X-"+seed)
	}
	f.Fuzz(func(t *testing.T, body, name string) {
		s := testScrubber()
		s.learnFrom([]byte(body))
		shape, err := json.Marshal([]any{s.body([]byte(body)), s.header(http.Header{name: {body}}, time.Unix(0, 0)), s.text(body), s.name(name)})
		if err != nil {
			t.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(shape, &plain); err != nil {
			t.Fatal(err)
		}
		if s.leaks(string(shape)) || strings.Contains(strings.ToLower(string(shape)), "zebedee") {
			t.Errorf("%s", shape)
		}
	})
}
