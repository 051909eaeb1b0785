package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RADIUS, RFC 2865
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"

	"ivalt-radius/ivalt/ivalttest"
)

const (
	sharedSecret = "bench-shared-secret-0123456789abcdef"
	apiKey       = "k7Qm2xVb9TzLw4Rf8HnJc5Ys1GdPe3Ua"
	startWithin  = 20 * time.Second
)

// process is a server in a process of its own, so that its CPU and memory can be told from the generator's.
type process struct {
	cmd     *exec.Cmd
	address string
	window  string // where the window is open
	log     string
}

// start runs a command and waits for the line that says it is ready; address is what it listens on.
func start(ctx context.Context, dir, ready string, stderr io.Writer, command string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, command, args...) //nolint:gosec // the program under measure, named by the operator
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = startWithin
	out, err := os.CreateTemp(dir, "log-")
	if err != nil {
		return nil, fmt.Errorf("making a log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if stderr != nil {
		cmd.Stderr = stderr
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command, err)
	}
	p := &process{cmd: cmd, log: out.Name()}
	for end := time.Now().Add(startWithin); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		log, err := os.ReadFile(out.Name())
		if err != nil {
			return p, fmt.Errorf("reading a log: %w", err)
		}
		if i := bytes.Index(log, []byte(ready)); i >= 0 {
			p.address = strings.TrimSpace(string(bytes.SplitN(log[i+len(ready):], []byte("\n"), 2)[0]))
			return p, nil
		}
	}
	return p, fmt.Errorf("%s is not ready in time", command)
}

// stop ends the process, by force where it does not end by itself.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(startWithin, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait()
}

// cpu is the processor time used so far, in the kernel's ticks of 10 ms.
func (p *process) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// memory is the resident memory in octets.
func (p *process) memory() int64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if kib, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(kib)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// baseline is this program as one of the bare servers: -baseline echo|layeh|layeh-signed.
func baseline(kind string) error {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // lives until the process is stopped
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	if err := conn.(*net.UDPConn).SetReadBuffer(4 << 20); err != nil {
		return fmt.Errorf("asking for a buffer: %w", err)
	}
	fmt.Println("ready on", conn.LocalAddr())
	if kind == "echo" {
		return echo(conn.(*net.UDPConn))
	}
	server := radius.PacketServer{
		SecretSource: radius.StaticSecretSource([]byte(sharedSecret)),
		Handler:      radius.HandlerFunc(map[string]radius.HandlerFunc{"layeh": layehBare, "layeh-signed": layehSigned}[kind]),
	}
	if err := server.Serve(conn); err != nil {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

func echo(conn *net.UDPConn) error {
	buf := make([]byte, 4096)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if _, err := conn.WriteToUDPAddrPort(buf[:n], from); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
}

// layehBare rejects everybody.
func layehBare(w radius.ResponseWriter, r *radius.Request) {
	answer := r.Response(radius.CodeAccessReject)
	layehRead(r, answer)
	_ = w.Write(answer)
}

// layehSigned also verifies the request's Message-Authenticator and signs the answer, as a careful user of the library would.
func layehSigned(w radius.ResponseWriter, r *radius.Request) {
	if !layehVerify(r.Packet) {
		return
	}
	answer := r.Response(radius.CodeAccessReject)
	_ = rfc2869.MessageAuthenticator_Set(answer, make([]byte, sealSize)) // stands first
	layehRead(r, answer)
	_ = rfc2869.MessageAuthenticator_Set(answer, layehMAC(answer))
	_ = w.Write(answer)
}

func layehRead(r *radius.Request, answer *radius.Packet) {
	_ = rfc2865.UserName_GetString(r.Packet)
	_ = rfc2865.UserPassword_GetString(r.Packet)
	_ = rfc2865.ReplyMessage_SetString(answer, "Access denied.")
}

func layehMAC(p *radius.Packet) []byte {
	raw, err := p.MarshalBinary()
	if err != nil {
		return nil
	}
	mac := hmac.New(md5.New, p.Secret)
	mac.Write(raw)
	return mac.Sum(nil)
}

func layehVerify(p *radius.Packet) bool {
	got := bytes.Clone(rfc2869.MessageAuthenticator_Get(p))
	_ = rfc2869.MessageAuthenticator_Set(p, make([]byte, sealSize))
	return hmac.Equal(got, layehMAC(p))
}

// product is how the product is set up.
type product struct {
	name, policy, cloud string

	hash   string // of everybody's password; empty: nobody has one, and there is no client of the storm
	factor string // the first factor of the waiting logins; empty: none
	window bool   // the operator's window is open
	guard  string // the map below `guard:`; empty: wideOpen
}

// stormSource is where the storm beside the waiting logins comes from, a client of its own.
const stormSource = "127.0.0.2"

// clients are its gateways. Without hashes these are settings that knew no first factor.
func (p product) clients() string {
	const form = "  - {name: %s, networks: [%q], secrets: [%q], message_authenticator: required, answer_within: 60s%s}\n"
	factor := ""
	if p.factor != "" {
		factor = ", primary: " + p.factor
	}
	text := fmt.Sprintf(form, "bench", "127.0.0.0/8", sharedSecret, factor)
	if p.hash != "" {
		text += fmt.Sprintf(form, "storm", stormSource+"/32", sharedSecret, ", primary: file")
	}
	return text
}

// people are those of users.file.
func (p product) people() string {
	var b strings.Builder
	for n := range mostLogins {
		name := userName(n)
		fmt.Fprintf(&b, "%s: {mobile: %q", name, ivalttest.DerivedMobile(name+"@example.com"))
		if p.hash != "" {
			fmt.Fprintf(&b, ", password: %q", p.hash)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// ours runs the product, in a directory of its own.
func ours(ctx context.Context, o options, setup product) (*process, error) {
	dir, err := os.MkdirTemp(o.dir, "ours-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	address, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	users := filepath.Join(dir, "users.yaml")
	if err := os.WriteFile(users, []byte(setup.people()), 0o600); err != nil {
		return nil, fmt.Errorf("writing people: %w", err)
	}
	config := filepath.Join(dir, "config.yaml")
	admin, more := "", ""
	if setup.window {
		if admin, err = freePort(ctx); err != nil { // of UDP; nobody else takes the same one of TCP meanwhile
			return nil, err
		}
		more = windowSettings()
	}
	text := fmt.Sprintf(`listen: {authentication: [%q], accounting: [], admin: %q}
max_attempts: 120000
reject_delay: 0s
clients:
%sivalt:
  url: %q
  api_key: %q
  limits: {per_second: 0, per_minute: 0, per_hour: 0}
users: {email: "{username}@example.com", file: %q}
policy: {default: %s}
state: {directory: %q}
guard:%s
%s`, address, admin, setup.clients(), setup.cloud, apiKey, users, setup.policy, filepath.Join(dir, "state"), or(setup.guard, wideOpen), more)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing settings: %w", err)
	}
	level := "info"
	if strings.HasSuffix(setup.name, "quiet") {
		level = "error"
	}
	p, err := start(ctx, o.dir, "", nil, o.binary, "serve", "--config", config, "--log-level", level)
	if err != nil {
		return p, err
	}
	p.address, p.window = address, admin
	if err := awaitAnswer(ctx, address, "\x01"); err != nil {
		log, _ := os.ReadFile(p.log)
		return p, fmt.Errorf("%w: %s", err, log)
	}
	return p, nil
}

// awaitAnswer waits until a server rejects a user.
func awaitAnswer(ctx context.Context, address, user string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", address)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	defer func() { _ = conn.Close() }()
	g := newGateway(-1)
	buf := make([]byte, 4096)
	for end := time.Now().Add(startWithin); time.Now().Before(end); {
		_, _ = conn.Write(g.request(nil, 0, user))
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := conn.Read(buf); err == nil {
			return nil
		}
		<-time.After(20 * time.Millisecond)
	}
	return fmt.Errorf("nobody answers at %s", address)
}

func freePort(ctx context.Context) (string, error) {
	var c net.ListenConfig
	conn, err := c.ListenPacket(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return conn.LocalAddr().String(), conn.Close()
}
