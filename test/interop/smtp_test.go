//go:build interop

package interop_test

import (
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/guard/notify"
	"ivalt-radius/secret"
)

// postOffice starts Debian's aiosmtpd, which wants STARTTLS and a login; box is its Maildir.
func postOffice(t *testing.T, certs string) (port, box string) {
	t.Helper()
	port, box = freeTCPPort(t), filepath.Join(t.TempDir(), "box")
	server := exec.CommandContext(context.WithoutCancel(t.Context()), "/usr/bin/python3", "smtpd.py", port,
		filepath.Join(certs, "server.pem"), filepath.Join(certs, "server.key"), box, "alarm", password)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	waitFor(t, "aiosmtpd to listen", func() bool {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return port, box
}

// TestMail: a server that nobody here wrote takes a notice over STARTTLS and with a login, and has it as it was written.
func TestMail(t *testing.T) {
	certs := certificates(t)
	port, box := postOffice(t, certs)
	settings := notify.Settings{
		Name: "mail", Kind: "email", Server: "localhost:" + port, CAFile: filepath.Join(certs, "ca.pem"), Username: "alarm", Password: secret.New(password),
		From: "alarm@example.com", Recipients: []string{"ops@example.com", "nobody@example.com"}, PerHour: 1,
	}
	if faults := notify.Check([]notify.Settings{settings}); len(faults) > 0 {
		t.Fatal(faults)
	}
	notice := notify.Notice{
		ID: "n1", Incident: "i1", Rule: guard.BruteForce, Severity: guard.Critical, Count: 12, Time: time.Now(),
		Subject: "user müller\r\nBcc: eve@example.com", Summary: strings.Repeat("x", 65) + strings.Repeat(".", 200), Do: "Ask.",
	}
	said, err := notify.Test(t.Context(), settings, notice)
	if want := "it took the message for 1 of 2 recipients; it refused the others (it answered 550 5.1.1 to RCPT TO)"; err != nil || said != want {
		t.Fatalf("%q, %v", said, err)
	}
	files, err := filepath.Glob(filepath.Join(box, "new", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	letter, err := mail.ReadMessage(strings.NewReader(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	title, bad := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	plain := notice.Plain()
	if err != nil || bad != nil || !strings.Contains(title, "critical: brute_force, user müller") || letter.Header.Get("Bcc") != "" ||
		letter.Header.Get("X-RcptTo") != "ops@example.com" || !strings.Contains(string(text), plain.Summary) || !strings.Contains(string(text), plain.Subject) {
		t.Errorf("%v, %v, %q, %q\n%s", err, bad, title, letter.Header, text)
	}

	wrong := settings
	wrong.Password = secret.New("another one")
	plaintext := settings
	plaintext.Username, plaintext.Password = "", secret.Secret{}
	named := settings
	named.Server = "127.0.0.1:" + port
	for want, s := range map[string]notify.Settings{
		"it answered 535 5.7.8 to AUTH": wrong, "it answered 530 5.7.0 to MAIL FROM": plaintext, "its certificate is not accepted": named,
	} {
		if _, err := notify.Test(t.Context(), s, notice); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
