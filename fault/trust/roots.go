package trust

import (
	"crypto/x509"
	"os"

	"ivalt-radius/fault"
)

// Roots are the keys ca_file and system_roots of a section of the settings. The zero Roots are the system's.
type Roots struct {
	File string // PEM; empty: no further roots
	Own  bool   // those of File alone: none of the system's
}

// Pool reads the roots; nil means the system's alone. What is wrong is said of the section's keys.
func (r Roots) Pool(section string, faults *fault.List) *x509.CertPool {
	key := section + ".ca_file"
	if r.File == "" {
		if r.Own {
			faults.Add(section+".system_roots", "false needs %s: without it no certificate is trusted", key)
		}
		return nil
	}
	text, err := os.ReadFile(r.File)
	if err != nil {
		faults.Add(key, "cannot be read: %s", err)
		return nil
	}
	roots := x509.NewCertPool()
	if system, err := x509.SystemCertPool(); err == nil && !r.Own {
		roots = system
	}
	if !roots.AppendCertsFromPEM(text) {
		faults.Add(key, "holds no PEM certificate")
	}
	return roots
}
