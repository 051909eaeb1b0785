package secrettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"testing"
	"time"
)

// Certificate is a certificate and its private key.
type Certificate struct {
	*x509.Certificate

	private *ecdsa.PrivateKey
}

// New makes a key and a certificate of it that is signed by an issuer, or by itself where that is nil. A form without an end holds for a day.
func New(tb testing.TB, form *x509.Certificate, by *Certificate) *Certificate {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	if form.NotAfter.IsZero() {
		form.NotBefore, form.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	}
	if by == nil {
		by = &Certificate{form, private}
	}
	der, err := x509.CreateCertificate(rand.Reader, form, by.Certificate, private.Public(), by.private)
	if err != nil {
		tb.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &Certificate{made, private}
}

// Authority is a form of one that signs others, or a server's that signs itself, under these names and addresses.
func Authority(names ...string) *x509.Certificate {
	form := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			form.IPAddresses = append(form.IPAddresses, ip)
			continue
		}
		form.DNSNames = append(form.DNSNames, name)
	}
	return form
}

// TLS is the certificate for a listener.
func (c *Certificate) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: c.private}
}

// Server is the settings of a listener that has this certificate alone.
func (c *Certificate) Server() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c.TLS()}, MinVersion: tls.VersionTLS12}
}

// PEM is the certificate as text.
func (c *Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// KeyPEM is the private key as text.
func (c *Certificate) KeyPEM(tb testing.TB) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.private)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Write writes the certificate to one file, and the private key to another one unless its path is empty.
func (c *Certificate) Write(tb testing.TB, certificate, key string) {
	tb.Helper()
	write(tb, certificate, c.PEM())
	if key != "" {
		write(tb, key, c.KeyPEM(tb))
	}
}

func write(tb testing.TB, path string, text []byte) {
	tb.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		tb.Fatal(err)
	}
}
