//go:build interop

package cluster_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"os"
	"path/filepath"
	"testing"

	"ivalt-radius/secret/secrettest"
)

// certificates makes a folder with a throwaway authority (ca.pem), a server under it (server.pem, server.key; localhost and 127.0.0.1), and
// a client (client.pem, client.key; its name is `ivalt`).
func certificates(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	authority := secrettest.New(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: "cluster authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	authority.Write(tb, filepath.Join(dir, "ca.pem"), "")
	for _, name := range []string{"server", "client"} {
		secrettest.New(tb, &x509.Certificate{
			Subject: pkix.Name{CommonName: "ivalt"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}, authority).Write(tb, filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key"))
	}
	return dir
}

// trusts is what a client needs to trust the authority of a folder.
func trusts(tb testing.TB, dir string) *tls.Config {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}
