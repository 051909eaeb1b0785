//go:build interop

package interop_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"path/filepath"
	"testing"

	"ivalt-radius/secret/secrettest"
)

// certificates makes a folder with a throwaway authority (ca.pem) and an OpenVPN server (server.pem, server.key) under it.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	authority := secrettest.New(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "interop authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	authority.Write(t, filepath.Join(dir, "ca.pem"), "")
	secrettest.New(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority).Write(t, filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	return dir
}
