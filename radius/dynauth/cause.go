package dynauth

import "fmt"

// Values of Error-Cause that decide what has become of a session (RFC 5176 section 3.5).
const (
	residualRemoved = 201
	contextNotFound = 503
)

// causeName is an Error-Cause in words (RFC 5176 section 3.5, RFC 5580 section 4.2.1, RFC 7930 section 4); 0 is none.
func causeName(cause uint32) string {
	switch cause {
	case 0:
		return ""
	case residualRemoved:
		return "201 Residual Session Context Removed"
	case 202:
		return "202 Invalid EAP Packet"
	case 401:
		return "401 Unsupported Attribute"
	case 402:
		return "402 Missing Attribute"
	case 403:
		return "403 NAS Identification Mismatch"
	case 404:
		return "404 Invalid Request"
	case 405:
		return "405 Unsupported Service"
	case 406:
		return "406 Unsupported Extension"
	case 407:
		return "407 Invalid Attribute Value"
	}
	return laterName(cause)
}

// laterName is an Error-Cause of 500 and above.
func laterName(cause uint32) string {
	switch cause {
	case 501:
		return "501 Administratively Prohibited"
	case 502:
		return "502 Request Not Routable"
	case contextNotFound:
		return "503 Session Context Not Found"
	case 504:
		return "504 Session Context Not Removable"
	case 505:
		return "505 Other Proxy Processing Error"
	case 506:
		return "506 Resources Unavailable"
	case 507:
		return "507 Request Initiated"
	case 508:
		return "508 Multiple Session Selection Unsupported"
	case 509:
		return "509 Location Info Required"
	case 601:
		return "601 Response Too Big"
	}
	return fmt.Sprintf("Error-Cause %d", cause)
}
