package gatewaytest

import "fmt"

// What iVALT answers, as it was captured.
const (
	Sent     = `{"data":{"status":true,"message":"Biometric Auth Request successfully sent.","details":null},"error":null,"debug":{"activityId":"7Vun"}}`
	Pending  = `{"data":null,"error":{"title":"Not Found","status":404,"detail":"The mobile number provided was not found."}}`
	Denied   = `{"data":null,"error":{"title":"Unauthorized","status":401,"detail":"Denied - User denied biometric authentication."}}`
	Fence    = `{"data":null,"error":{"title":"Invalid details","status":403,"detail":"You are not within the geofencing location."}}`
	Window   = `{"data":null,"error":{"title":"Invalid details","status":403,"detail":"You are not within the timezone."}}`
	BadKey   = `{"message":"Forbidden"}`
	Throttle = `{"message":"Too Many Requests"}`
)

// Approved is an approval by the person of a mobile, whose country code has two digits.
func Approved(mobile string) string {
	return fmt.Sprintf(`{"data":{"status":true,"message":"Biometric Authentication successfully done.","details":`+
		`{"id":7,"name":"A","country_code":"+%s","mobile":"%s"}},"error":null,"debug":{"timestamp":"2026-11-10T17:28:37.471373Z"}}`,
		mobile[1:3], mobile[3:])
}
