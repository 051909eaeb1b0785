package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
)

// proves reads a body the lax way of encoding/json and says whether it could be a proof at all: the second opinion that
// fuzzing holds the strict reading against.
func proves(body string) bool {
	var doc map[string]any
	if json.Unmarshal([]byte(body), &doc) != nil || doc["error"] != nil {
		return false
	}
	data, _ := doc["data"].(map[string]any)
	details, _ := data["details"].(map[string]any)
	if data["status"] != true || details == nil {
		return false
	}
	mobile := onlyDigits(details["mobile"])
	return mobile == testMobile[1:] || onlyDigits(details["country_code"])+mobile == testMobile[1:]
}

func onlyDigits(v any) string {
	if f, ok := v.(float64); ok {
		v = fmt.Sprintf("%.0f", f)
	}
	text, _ := v.(string)
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
