package habit

import (
	"strings"

	"ivalt-radius/ivalt/ivalttest/answers"
)

// The gateway's paths.
const (
	PathLookUp = "/get-user-by-email"
	PathPush   = "/biometric-auth-request"
	PathResult = "/biometric-auth-result"
	PathPolicy = "/biometric-geo-fence-auth-results"
)

// The application's own, bare or behind the prefix. The path that reads a result at the gateway is behind the prefix the
// one at which a phone submits its own.
const (
	LaravelPrefix = "/admin/public/api"
	LaravelPush   = "/send/global/notification"
	LaravelResult = "/validate/global/auth"
	LaravelPolicy = "/validate-geo-fence-auth"
	LaravelSubmit = LaravelPrefix + PathPolicy
)

// Policy is whether a result is told after iVALT's own geofence and time window.
type Policy uint8

// The results without and with policy.
const (
	NoPolicy Policy = iota
	WithPolicy
)

// Route is the endpoint of a path, answers.AnyEndpoint where there is none, and whether it applies iVALT's policy.
func (d Dialect) Route(path string) (answers.Endpoint, Policy) {
	if path == PathLookUp {
		return answers.LookUpEndpoint, NoPolicy
	}
	if d == Laravel || d == Both {
		if path == LaravelSubmit {
			return answers.SubmitEndpoint, NoPolicy
		}
		switch strings.TrimPrefix(path, LaravelPrefix) {
		case PathLookUp:
			return answers.LookUpEndpoint, NoPolicy
		case LaravelPush:
			return answers.PushEndpoint, NoPolicy
		case LaravelResult:
			return answers.ResultEndpoint, NoPolicy
		case LaravelPolicy:
			return answers.ResultEndpoint, WithPolicy
		}
	}
	if d == Laravel {
		return answers.AnyEndpoint, NoPolicy
	}
	switch path {
	case PathPush:
		return answers.PushEndpoint, NoPolicy
	case PathResult:
		return answers.ResultEndpoint, NoPolicy
	case PathPolicy:
		return answers.ResultEndpoint, WithPolicy
	}
	return answers.AnyEndpoint, NoPolicy
}
