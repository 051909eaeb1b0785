package gateway

import (
	"maps"
	"strings"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

// hostile are bodies of a 200 that look like an approval and are none.
func hostile() map[string]string {
	all := hostileForms()
	maps.Copy(all, hostileStatus())
	maps.Copy(all, hostileMobiles())
	return all
}

// with is the full approval with one text replaced.
func with(old, replacement string) string {
	return strings.Replace(gatewaytest.Approved(testMobile), old, replacement, 1)
}

// hostileStatus say yes in a way that is none.
func hostileStatus() map[string]string {
	full := gatewaytest.Approved(testMobile)
	return map[string]string{
		"status a string":            with(`"status":true`, `"status":"true"`),
		"status a number":            with(`"status":true`, `"status":1`),
		"status a list":              with(`"status":true`, `"status":[true]`),
		"status an object":           with(`"status":true`, `"status":{"status":true}`),
		"status false":               with(`"status":true`, `"status":false`),
		"status absent":              with(`"status":true,`, ``),
		"status in capitals":         with(`"status":true`, `"STATUS":true`),
		"Status":                     with(`"status":true`, `"Status":true`),
		"Data":                       with(`"data"`, `"Data"`),
		"status twice":               with(`"status":true`, `"status":false,"status":true`),
		"status twice, other case":   with(`"status":true`, `"status":true,"Status":false`),
		"data twice":                 with(`{"data"`, `{"data":{"status":false},"data"`),
		"error twice":                with(`"error":null`, `"error":{"detail":"no"},"error":null`),
		"status at the top":          `{"status":true,"message":"ok","details":{"mobile":"` + testMobile + `"}}`,
		"success":                    `{"success":true,"request_id":"auth_abc"}`,
		"authenticated":              `{"authenticated":true,"user":{"verified_at":"2026-11-10T17:28:37Z"}}`,
		"data a list":                `{"data":[{"status":true,"details":{"mobile":"` + testMobile + `"}}],"error":null}`,
		"data in data":               `{"data":` + full + `,"error":null}`,
		"error an object":            with(`"error":null`, `"error":{"detail":"denied"}`),
		"error empty":                with(`"error":null`, `"error":{}`),
		"error false":                with(`"error":null`, `"error":false`),
		"error a text":               with(`"error":null`, `"error":"x"`),
		"approved before the push":   with(`"id":7`, `"verified_at":"2026-11-10T17:28:20Z"`),
		"a time that is none":        with(`"id":7`, `"verified_at":"yesterday"`),
		"approved before, in data":   with(`"status":true`, `"status":true,"timestamp":"2026-11-10T17:20:00Z"`),
		"another push's request id":  with(`"status":true`, `"status":true,"request_id":"other"`),
		"escaped name of the status": with(`"status":true`, `"statu\u0053":true`),
	}
}

// hostileMobiles approve for somebody else, or for nobody.
func hostileMobiles() map[string]string {
	return map[string]string{
		"mobile twice":           with(`"mobile":`, `"mobile":"`+otherPhone+`","mobile":`),
		"another mobile":         gatewaytest.Approved(otherPhone),
		"another country":        with(`"country_code":"+91"`, `"country_code":"+92"`),
		"no country":             with(`"country_code":"+91",`, ``),
		"a longer mobile":        with(`"mobile":"`+testMobile[3:], `"mobile":"`+testMobile[3:]+`0`),
		"another whole mobile":   with(`"mobile":"`+testMobile[3:], `"mobile":"`+otherPhone),
		"plus hides a country":   with(`"mobile":"`, `"mobile":"+`),
		"mobile with letters":    with(`"mobile":"`, `"mobile":"x`),
		"mobile empty":           with(`"mobile":"`+testMobile[3:]+`"`, `"mobile":""`),
		"mobile true":            with(`"mobile":"`+testMobile[3:]+`"`, `"mobile":true`),
		"mobile null":            with(`"mobile":"`+testMobile[3:]+`"`, `"mobile":null`),
		"mobile an exponent":     with(`"mobile":"`+testMobile[3:]+`"`, `"mobile":9.87654321e9`),
		"mobile in capitals":     with(`"mobile"`, `"Mobile"`),
		"details null":           `{"data":{"status":true,"message":"done","details":null},"error":null}`,
		"details absent":         `{"data":{"status":true,"message":"done"},"error":null}`,
		"details a list":         `{"data":{"status":true,"details":[{"mobile":"` + testMobile + `"}]},"error":null}`,
		"details a text":         `{"data":{"status":true,"details":"` + testMobile + `"},"error":null}`,
		"the push's own message": with(`Biometric Authentication successfully done.`, `Biometric Auth Request successfully sent.`),
		"number too long":        with(`"country_code":"+91"`, `"country_code":"`+strings.Repeat("9", 400)+`"`),
	}
}

// hostileForms are no strict JSON object.
func hostileForms() map[string]string {
	full := gatewaytest.Approved(testMobile)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	return map[string]string{
		"empty":           ``,
		"null":            `null`,
		"true":            `true`,
		"array":           `[` + full + `]`,
		"trailing brace":  full + `}`,
		"trailing object": full + full,
		"trailing text":   full + `x`,
		"trailing NUL":    full + "\x00",
		"leading BOM":     "\ufeff" + full,
		"leading text":    `)]}'` + full,
		"cut":             full[:len(full)-1],
		"NaN":             with(`"id":7`, `"id":NaN`),
		"bad UTF-8":       with(`"name":"A"`, "\"name\":\"\xff\""),
		"deep":            with(`"id":7`, `"id":`+deep),
		"wide":            with(`"id":7`, `"id":[`+strings.Repeat("0,", maxMembers)+`0]`),
		"trailing comma":  with(`"error":null`, `"error":null,`),
		"page":            `<!doctype html><script>` + full + `</script>`,
	}
}
