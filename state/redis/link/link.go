package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"ivalt-radius/secret"
)

// Mode is how the servers stand together.
type Mode uint8

// The modes.
const (
	Single Mode = iota
	Sentinel
	Cluster
)

// Settings say where the servers are, and how they are asked.
type Settings struct {
	Mode             Mode
	Addresses        []string // of the server, the sentinels, or some of the cluster's nodes
	Master           string   // Sentinel's name of the master
	Username         string
	Password         secret.Secret
	SentinelUsername string
	SentinelPassword secret.Secret
	Database         int         // of Single and Sentinel
	TLS              *tls.Config // nil: in the clear, which is for loopback alone
	Key              secret.Secret
	Prefix           string        // of all keys
	Timeout          time.Duration // of one operation
	MinReplicas      int           // that must have what allows a push, before it leaves; 0: as many as have it in time
}

// Link is the connection, and the names and seals of what is kept behind it.
type Link struct {
	Settings

	Client goredis.UniversalClient
	names  []byte      // the key of digests
	seals  cipher.AEAD // random nonces are its own
	clock  func() time.Time

	mu       sync.Mutex
	replicas map[string]int // by the master's address: how many had what it wrote, when it was last asked
}

// Buckets is how many hash tags attempts and phones are spread over.
const Buckets = 256

// DigestSize is that of the digests in keys: 128 bits are enough to tell any two apart.
const DigestSize = 16

// New makes a link, which connects when it is used. The error is about the key alone.
func New(o Settings) (*Link, error) {
	names, err := hkdf.Key(sha256.New, []byte(o.Key.Reveal()), nil, "ivalt-radius names "+o.Prefix, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("the cluster key: %w", err)
	}
	seal, err := hkdf.Key(sha256.New, []byte(o.Key.Reveal()), nil, "ivalt-radius seals "+o.Prefix, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("the cluster key: %w", err)
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, fmt.Errorf("the cluster key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("the cluster key: %w", err)
	}
	return &Link{Settings: o, Client: Connect(o), names: names, seals: aead, clock: time.Now, replicas: map[string]int{}}, nil
}

// Connect makes the client; it connects when it is used. It never retries by itself: whether an operation took place is for its caller to judge.
func Connect(o Settings) goredis.UniversalClient {
	u := &goredis.UniversalOptions{
		Addrs: o.Addresses, MasterName: o.Master, IsClusterMode: o.Mode == Cluster, DB: o.Database,
		Username: o.Username, Password: o.Password.Reveal(), SentinelUsername: o.SentinelUsername, SentinelPassword: o.SentinelPassword.Reveal(),
		TLSConfig: o.TLS, MaxRetries: -1, DialTimeout: o.Timeout, ReadTimeout: o.Timeout, WriteTimeout: o.Timeout, ContextTimeoutEnabled: true,
		DialerRetries: 1, DisableIdentity: true, PipelinePoolSize: -1, // pipelines use the same connections
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if o.Mode != Sentinel {
		u.MasterName = ""
	}
	if o.TLS == nil {
		u.Dialer = (&net.Dialer{Timeout: o.Timeout, KeepAlive: alive, Control: onlyLoopback}).DialContext
	}
	return goredis.NewUniversalClient(u)
}

// alive is how often a connection that rests is asked whether it still stands.
const alive = 30 * time.Second

// errClear says that a server is not on this host, and would be asked in the clear.
var errClear = errors.New("it is not on this host, and state.redis.tls is off: set it to required")

// onlyLoopback refuses, before it is made, a connection in the clear that would leave this host: whatever Sentinel, a cluster or a name says where
// to go. It has the form of net.Dialer.Control.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s: %w", address, errClear)
	}
	return nil
}

// Digest names something of a kind without telling it.
func (c *Link) Digest(kind, text string) (d [DigestSize]byte) {
	mac := hmac.New(sha256.New, c.names)
	mac.Write([]byte(kind + "\x00" + text))
	copy(d[:], mac.Sum(nil))
	return d
}

// Name is a digest in a key.
func (c *Link) Name(kind, text string) string {
	d := c.Digest(kind, text)
	return hex.EncodeToString(d[:])
}

// Key is where something is kept, and the epoch of its bucket.
func (c *Link) Key(kind string, d [DigestSize]byte) (key, epoch string) {
	tag := fmt.Sprintf("{%s:%d}", c.Prefix, int(d[0])%Buckets)
	return tag + ":" + kind + ":" + hex.EncodeToString(d[:]), tag + ":epoch"
}

// Seal seals what must be read again, bound to its place, and to be believed for so long: whoever can write to Redis cannot bring it back later.
// Without a life it is believed forever.
func (c *Link) Seal(place string, life time.Duration, plain []byte) string {
	stamped := make([]byte, stampSize, stampSize+len(plain))
	if life > 0 {
		binary.BigEndian.PutUint64(stamped, stamp(c.clock().Add(life)))
		binary.BigEndian.PutUint64(stamped[stampSize/2:], stamp(time.Now().Add(life)))
	}
	return string(c.seals.Seal(nil, nil, append(stamped, plain...), []byte(place))) //nolint:gosec // G407: the nonce is random, and made by the seal itself
}

// A seal begins with until when it is believed, twice: by the memory's clock, as nodes have clocks that differ, and by the one of the node that
// sealed it, as whoever sits between can set the memory's back.
const (
	stampSize  = 16
	stampSlack = 5 * time.Second // what two nodes know of the memory's clock differs by less
	mostApart  = time.Hour       // of two nodes' clocks
)

func stamp(t time.Time) uint64 { return uint64(max(0, t.UnixMilli())) }

// over reports a seal that is believed no longer.
func over(stamped []byte, now time.Time, slack time.Duration) bool {
	until := binary.BigEndian.Uint64(stamped)
	return until != 0 && stamp(now.Add(-slack)) >= until
}

// SetClock says what the memory's clock shows; until it knows, that is this node's own. It comes before the link is used.
func (c *Link) SetClock(clock func() time.Time) {
	c.clock = func() time.Time {
		if now := clock(); !now.IsZero() {
			return now
		}
		return time.Now()
	}
}

// ErrSeal says that a value was sealed with another key, or for another place, or was changed.
var ErrSeal = errors.New("a sealed value cannot be opened: do all nodes have the same state.redis.cluster_key?")

// ErrOld says that a value was sealed too long ago.
var ErrOld = errors.New("a sealed value is too old: somebody has brought it back, or the nodes' clocks are more than an hour apart")

// Open opens what Seal sealed for the same place, while it is believed.
func (c *Link) Open(place, sealed string) ([]byte, error) {
	stamped, err := c.seals.Open(nil, nil, []byte(sealed), []byte(place))
	switch {
	case err != nil || len(stamped) < stampSize:
		return nil, ErrSeal
	case over(stamped, c.clock(), stampSlack), over(stamped[stampSize/2:], time.Now(), mostApart):
		return nil, ErrOld
	}
	return stamped[stampSize:], nil
}
