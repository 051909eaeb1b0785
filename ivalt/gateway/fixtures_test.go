package gateway

import (
	"fmt"
	"testing"

	"ivalt-radius/auth"
)

const (
	testKey    = "0123456789abcdefghijABCDEFGHIJ_-KEY"
	testMobile = "+919876543210"
	otherPhone = "+4915112345678"

	bodySent     = `{"data":{"status":true,"message":"Biometric Auth Request successfully sent.","details":null},"error":null,"debug":{"activityId":"7Vun"}}`
	bodyPending  = `{"data":null,"error":{"title":"Not Found","status":404,"detail":"The mobile number provided was not found."}}`
	bodyDenied   = `{"data":null,"error":{"title":"Unauthorized","status":401,"detail":"Denied - User denied biometric authentication."}}`
	bodyFence    = `{"data":null,"error":{"title":"Invalid details","status":403,"detail":"You are not within the geofencing location."}}`
	bodyWindow   = `{"data":null,"error":{"title":"Invalid details","status":403,"detail":"You are not within the timezone."}}`
	bodyBadKey   = `{"message":"Forbidden"}`
	bodyThrottle = `{"message":"Too Many Requests"}`
)

func bodyApproved(mobile string) string {
	return fmt.Sprintf(`{"data":{"status":true,"message":"Biometric Authentication successfully done.","details":`+
		`{"id":7,"name":"A","country_code":"+%s","mobile":"%s"}},"error":null,"debug":{"timestamp":"2026-11-10T17:28:37.471373Z"}}`,
		mobile[1:3], mobile[3:])
}

func ourMobile(tb testing.TB) auth.Mobile {
	tb.Helper()
	m, err := auth.ParseMobile(testMobile)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
