package gateway

import (
	"net/url"
	"path"
	"strings"
)

// The words of Settings.Dialect and Settings.Endpoint; an empty one is the first of its kind.
const (
	DialectGateway   = "gateway"
	DialectLaravel   = "laravel"
	EndpointGeofence = "geofence"
	EndpointPlain    = "plain"
)

// The gateway dialect's paths.
const (
	lookUpPath = "/get-user-by-email"
	pushPath   = "/biometric-auth-request"
	resultPath = "/biometric-geo-fence-auth-results" // under the Laravel dialect's base it submits a result: never there
	plainPath  = "/biometric-auth-result"
)

// The Laravel dialect's paths; the look-up is the same.
const (
	laravelPushPath   = "/send/global/notification"
	laravelResultPath = "/validate-geo-fence-auth"
	laravelPlainPath  = "/validate/global/auth" // documents name the call; nobody has shown the path
)

// Paths are those of one dialect, below its base URL. The zero Paths are of none.
type Paths struct {
	LookUp, Push    string
	Geofence, Plain string // the two that tell a result
}

// PathsOf is the one table of paths; an empty word is DialectGateway. A word that it does not know gives the zero Paths.
func PathsOf(dialect string) Paths {
	switch dialect {
	case "", DialectGateway:
		return Paths{LookUp: lookUpPath, Push: pushPath, Geofence: resultPath, Plain: plainPath}
	case DialectLaravel:
		return Paths{LookUp: lookUpPath, Push: laravelPushPath, Geofence: laravelResultPath, Plain: laravelPlainPath}
	}
	return Paths{}
}

// pathsOf are those of the calls that a Client makes. To the zero paths no call can be made.
func pathsOf(dialect, endpoint string) (paths [Endpoints]string) {
	p := PathsOf(dialect)
	switch endpoint {
	case "", EndpointGeofence:
		return [Endpoints]string{LookUps: p.LookUp, Pushes: p.Push, Results: p.Geofence}
	case EndpointPlain:
		return [Endpoints]string{LookUps: p.LookUp, Pushes: p.Push, Results: p.Plain}
	}
	return paths
}

// application reports a base URL of the application behind the gateway, under which resultPath submits a result.
func application(base string) bool {
	u, err := url.Parse(base)
	return err != nil || strings.Contains(strings.ToLower(path.Clean("/"+u.Path)), "admin/public")
}

// Submits reports a path at which, below this client's base URL, a phone would submit its result. No call is ever made to it.
func (c *Client) Submits(path string) bool {
	return c.application && strings.Contains(strings.ToLower(path), strings.TrimPrefix(resultPath, "/"))
}
