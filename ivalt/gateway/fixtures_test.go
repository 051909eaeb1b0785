package gateway

import (
	"testing"

	"ivalt-radius/auth"
)

const (
	testKey    = "0123456789abcdefghijABCDEFGHIJ_-KEY"
	testMobile = "+919876543210"
	otherPhone = "+4915112345678"
)

func ourMobile(tb testing.TB) auth.Mobile {
	tb.Helper()
	m, err := auth.ParseMobile(testMobile)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
