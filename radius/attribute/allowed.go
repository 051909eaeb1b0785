package attribute

// Why an attribute cannot be set. Each completes "NAME …".
const (
	isProof        = "is a credential or a challenge of a request; it has no place in an Access-Accept"
	isRequests     = "is for requests; it has no place in an Access-Accept (RFC 2865 section 5.44 and its successors)"
	isAccounting   = "is for accounting; it has no place in an Access-Accept (RFC 2866)"
	isOurs         = "is set by this server alone"
	isOursMessage  = "is set by this server alone, to one of four sentences that tell a stranger nothing"
	isEAP          = "needs EAP, which this server does not speak"
	isDigest       = "needs HTTP Digest authentication, which this server does not speak"
	isEncrypted    = "travels encrypted in a way that this server does not know"
	isOursMSCHAP   = "is set by this server alone, for a login by MS-CHAPv2"
	isNotForAccept = "has no place in an Access-Accept"
	isContainer    = "is not set by itself; write Vendor-Specific.VENDOR.TYPE"
)

// The vendors that have attributes of this kind.
const (
	vendorMicrosoft = 311
	vendorADSLForum = 3561
)

// refusal says why an attribute cannot be set; it is empty where it can.
func refusal(e entry) string {
	switch {
	case e.vendor == vendorMicrosoft:
		return refusalMicrosoft(e.typ)
	case e.vendor != 0 && e.encrypted && !e.salted:
		return isEncrypted
	case e.vendor == vendorADSLForum:
		return isRequests
	case e.vendor != 0:
		return ""
	}
	return refusalStandard(e.typ)
}

// refusalStandard goes by the tables of attributes of RFC 2865 (section 5.44), 2866, 2867, 2868, 2869, 3162, 3576, 4072, 5090,
// 5580, 5904, 6677, 7055 and 7268. Acct-Interim-Interval (85) and NAS-Filter-Rule (92) belong into an Access-Accept,
// whatever their names begin with.
func refusalStandard(typ byte) string {
	switch typ {
	case 2, 3, 60, 70, 71, 84: // User-Password, CHAP-*, ARAP-*
		return isProof
	case 18: // Reply-Message
		return isOursMessage
	case 24, 33, 80: // State, Proxy-State, Message-Authenticator
		return isOurs
	case vendorSpecific:
		return isContainer
	case 143: // PKM-Auth-Key
		return isEncrypted
	case 79, 102, 163, 175, 176: // EAP-*
		return isEAP
	}
	return refusalByRange(typ)
}

func refusalByRange(typ byte) string {
	switch {
	case typ == 4, typ == 5, typ == 61, typ == 87, typ == 95: // NAS-*
		return isRequests
	case typ == 30, typ == 31, typ == 32, typ == 77: // Called- and Calling-Station-Id, NAS-Identifier, Connect-Info
		return isRequests
	case typ >= 40 && typ <= 55, typ == 68, typ == 86: // Acct-*, Event-Timestamp
		return isAccounting
	case typ >= 73 && typ <= 76, typ == 101: // ARAP-Security*, Password-Retry, Prompt, Error-Cause
		return isNotForAccept
	case typ >= 103 && typ <= 122: // Digest-*, SIP-AOR
		return isDigest
	case typ == 127, typ == 128, typ == 131: // Location-Information, -Data, -Capable
		return isRequests
	case typ == 137, typ == 138, typ == 140, typ == 141: // PKM-*
		return isRequests
	case typ >= 164 && typ <= 167: // GSS-Acceptor-*
		return isRequests
	case typ == 177, typ == 179, typ >= 181 && typ <= 190: // Mobility-Domain-Id, Network-Id-Name, WLAN-*
		return isRequests
	}
	return ""
}

// refusalMicrosoft goes by RFC 2548: what MS-CHAP and MPPE exchange is no plain reply value.
func refusalMicrosoft(typ byte) string {
	switch typ {
	case 1, 3, 4, 5, 6, 11, 19, 20, 25, 27: // responses, challenge, password changes
		return isProof
	case 2, 21: // MS-CHAP-Error, MS-ARAP-PW-Change-Reason
		return isNotForAccept
	case 7, 8, 12, 16, 17, 26: // MS-MPPE-*, MS-CHAP-MPPE-Keys, MS-CHAP2-Success
		return isOursMSCHAP
	case 23, 24: // MS-Acct-Auth-Type, MS-Acct-EAP-Type
		return isAccounting
	}
	return ""
}

// once reports an attribute of which an Access-Accept has at most one (the same tables).
func once(e entry) bool {
	if e.vendor != 0 {
		return false
	}
	switch e.typ {
	case 1, 6, 7, 8, 9, 10, 12, 15, 16, 19, 20, 23, 27, 28, 29, 34, 35, 36, 37, 39, 62, 63, 72, 85, 88, 89, 96, 100:
		return true
	}
	return false
}
