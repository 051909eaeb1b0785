package sharing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"ivalt-radius/config"
	"ivalt-radius/fault"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/redis/link"
)

// Check says what is wrong with the files that the settings name; nothing where no memory is shared.
func Check(s *config.Settings) fault.List {
	_, faults := transport(s.State.Redis)
	return faults
}

// transport is how the memory is reached; nil: in the clear, which config allows towards this host alone.
func transport(r config.Redis) (*tls.Config, fault.List) {
	var faults fault.List
	if len(r.Addresses) == 0 || r.TLS == "off" {
		return nil, nil
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: r.ServerName}
	if r.CAFile != "" {
		roots := x509.NewCertPool()
		text, err := os.ReadFile(filepath.Clean(r.CAFile))
		switch {
		case err != nil:
			faults.Add("state.redis.ca_file", "cannot be read: %s", reason(err))
		case !roots.AppendCertsFromPEM(text):
			faults.Add("state.redis.ca_file", "holds no certificate in PEM")
		}
		t.RootCAs = roots
	}
	if r.ClientCertificate != "" && r.ClientKey != "" {
		pair, err := tls.LoadX509KeyPair(r.ClientCertificate, r.ClientKey)
		if err != nil {
			faults.Add("state.redis.client_certificate", "cannot be used with state.redis.client_key: %s", reason(err))
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, faults
}

// reason is the system's word without what else stands around it.
func reason(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at
	}
	return err
}

// mode is how the servers stand together. config knows no other word.
func mode(word string) link.Mode {
	switch word {
	case "sentinel":
		return link.Sentinel
	case "cluster":
		return link.Cluster
	}
	return link.Single
}

// nameForm is what state.node may be.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// named is this node's name.
func named(s *config.Settings, hostname func() (string, error)) (string, error) {
	if s.State.Node != "" {
		return s.State.Node, nil
	}
	name, err := hostname()
	if err != nil {
		return "", fmt.Errorf("state.node is not set, and the host has no name: %w", err)
	}
	if !nameForm.MatchString(name) {
		return "", errors.New("state.node is not set, and the host's name is none of 1 to 64 letters, digits, dots, underscores and dashes: set state.node")
	}
	return name, nil
}

// options are those of the engine.
func options(s *config.Settings, name string, d Deps) (redis.Options, error) {
	r := s.State.Redis
	t, faults := transport(r)
	if err := faults.Err(); err != nil {
		return redis.Options{}, err
	}
	where := link.Settings{
		Mode: mode(r.Mode), Addresses: r.Addresses, Master: r.Master, Username: r.Username, Password: r.Password,
		SentinelUsername: r.SentinelUsername, SentinelPassword: r.SentinelPassword, Database: r.Database, TLS: t, Key: r.ClusterKey,
		Prefix: r.Prefix, Timeout: r.Timeout, MinReplicas: r.MinReplicas,
	}
	return redis.Options{Settings: where, Node: name, Version: d.Version, Log: d.Log}, nil
}
