package answers

import (
	"encoding/json"
	"testing"
)

func TestSplitMobile(t *testing.T) {
	for mobile, want := range map[string]string{
		"+12025550123": "+1 2025550123", "+74951234567": "+7 4951234567", "+919876543210": "+91 9876543210",
		"+4917012345": "+49 17012345", "+352621123456": "+352 621123456", "+999000000000000": "+999 000000000000", "+12": " +12",
	} {
		country, rest := splitMobile(mobile)
		if country+" "+rest != want {
			t.Errorf("%s: %q %q", mobile, country, rest)
		}
	}
}

func TestTexts(t *testing.T) {
	for _, text := range []string{"", "plain", `a "quote" \\`, "é", "\x00\x1f", "\xff\xfe", "</script>&", "\u202e"} {
		b := appendText(nil, text)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%q: %s, %v", text, b, err)
		}
		if text != "\xff\xfe" && got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
