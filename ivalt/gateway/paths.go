package gateway

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

// pathsOf is the one table of paths. A word that it does not know gives the zero paths, to which no call can be made.
func pathsOf(dialect, endpoint string) (paths [Endpoints]string) {
	if dialect == "" {
		dialect = DialectGateway
	}
	if endpoint == "" {
		endpoint = EndpointGeofence
	}
	switch [2]string{dialect, endpoint} {
	case [2]string{DialectGateway, EndpointGeofence}:
		return [Endpoints]string{LookUps: lookUpPath, Pushes: pushPath, Results: resultPath}
	case [2]string{DialectGateway, EndpointPlain}:
		return [Endpoints]string{LookUps: lookUpPath, Pushes: pushPath, Results: plainPath}
	case [2]string{DialectLaravel, EndpointGeofence}:
		return [Endpoints]string{LookUps: lookUpPath, Pushes: laravelPushPath, Results: laravelResultPath}
	case [2]string{DialectLaravel, EndpointPlain}:
		return [Endpoints]string{LookUps: lookUpPath, Pushes: laravelPushPath, Results: laravelPlainPath}
	}
	return paths
}
