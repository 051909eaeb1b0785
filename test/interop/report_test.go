//go:build interop

package interop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/test/blackbox"
)

// The logins of the report that Chromium draws, by the hour of one day.
func accepted() map[int]int { return map[int]int{3: 10, 9: 40, 15: 20} }
func rejected() map[int]int { return map[int]int{3: 10, 9: 20} }

// reportDay is the day.
func reportDay() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }

// dayTrail writes the day's trail; every name in it is the one given.
func dayTrail(t *testing.T, name string) string {
	t.Helper()
	var out []byte
	prev, seq := chain.Genesis(), uint64(0)
	write := func(hour, n int, a audit.Attempt) {
		for i := range n {
			seq++
			at := reportDay().Add(time.Duration(hour)*time.Hour + time.Duration(i)*time.Minute)
			var line []byte
			line, prev = chain.AppendLine(nil, at, seq, a.EventType(), a.AppendFields(nil), prev)
			out = append(out, line...)
		}
	}
	for hour := range 24 {
		a := audit.Attempt{Client: name, User: name, CallingStation: name, Verdict: "accept", Reason: "approved", Duration: 20 * time.Second, Packets: 2, LastPacket: 5 * time.Second}
		write(hour, accepted()[hour], a)
		a.Verdict, a.Reason = "reject", "push_denied"
		write(hour, rejected()[hour], a)
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// dayPage has the program write its page of the day.
func dayPage(t *testing.T, name string) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "report.html")
	out, err := exec.CommandContext(t.Context(), blackbox.Binary(), "audit", "report", dayTrail(t, name), "--format", "html", "--output", page,
		"--since", reportDay().Format(time.RFC3339), "--until", reportDay().Add(24*time.Hour).Format(time.RFC3339)).CombinedOutput()
	if err != nil {
		t.Fatalf("audit report: %v\n%s", err, out)
	}
	return page
}

// chromium runs Debian's on a page, headless, with whatever it asks of the network sent to a port where nobody listens, and returns
// what it prints.
func chromium(t *testing.T, page string, more ...string) string {
	t.Helper()
	profile := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-device-scale-factor=1",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-crash-reporter", "--disable-breakpad",
		"--proxy-server=" + closedPort(t), "--window-size=1000,2400", "--virtual-time-budget=3000", "--user-data-dir=" + profile,
	}, more...)
	cmd := exec.CommandContext(ctx, "chromium", append(args, "file://"+page)...)
	cmd.Env = append(os.Environ(), "HOME="+profile, "XDG_CONFIG_HOME="+profile, "XDG_CACHE_HOME="+profile)
	cmd.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("chromium: %v\n%s", err, said.String())
	}
	return string(out)
}

// closedPort is a loopback address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// screenshot is the page as Chromium paints it.
func screenshot(t *testing.T, page string, more ...string) picture {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.png")
	chromium(t, page, append(more, "--screenshot="+file)...)
	return decoded(t, file)
}

// TestReportInChromium looks at the picture: bars of the right colours stand at the right hours, as high as the numbers say.
func TestReportInChromium(t *testing.T) {
	page := dayPage(t, "alice")
	for _, scheme := range []struct {
		name, flag               string
		ground, accepts, rejects color.RGBA
	}{
		{"light", "--blink-settings=preferredColorScheme=1", color.RGBA{255, 255, 255, 255}, color.RGBA{0x25, 0x63, 0xa8, 255}, color.RGBA{0xd2, 0x60, 0x1a, 255}},
		{"dark", "--blink-settings=preferredColorScheme=0", color.RGBA{0x14, 0x17, 0x1b, 255}, color.RGBA{0x6e, 0xa8, 0xe8, 255}, color.RGBA{0xf0, 0x95, 0x5a, 255}},
	} {
		t.Run(scheme.name, func(t *testing.T) {
			p := screenshot(t, page, scheme.flag)
			if got := p.at(2, 2); got != scheme.ground {
				t.Errorf("the ground is %v, want %v", got, scheme.ground)
			}
			bars := p.standing(scheme.accepts)
			if len(bars) != len(accepted()) {
				t.Fatalf("%d bars of accepted logins: %v", len(bars), bars)
			}
			each := float64(bars[1].Dy()) / float64(accepted()[9]) // so high is one login
			hour := float64(bars[2].Min.X-bars[0].Min.X) / 12
			on := p.rectangles(scheme.rejects)
			for i, h := range []int{3, 9, 15} {
				near(t, fmt.Sprintf("accepted at %d: height", h), float64(bars[i].Dy()), each*float64(accepted()[h]))
				near(t, fmt.Sprintf("accepted at %d: place", h), float64(bars[i].Min.X), float64(bars[0].Min.X)+hour*float64(h-3))
				stacked := above(bars[i], on)
				near(t, fmt.Sprintf("rejected at %d: height", h), float64(stacked.Dy()), each*float64(rejected()[h]))
			}
			if hour < 20 || each < 2 {
				t.Errorf("an hour is %.1f wide, a login %.1f high", hour, each)
			}
			if patience := p.count(map[string]color.RGBA{"light": {0x9a, 0x1f, 0x5c, 255}, "dark": {0xf2, 0x7f, 0xb8, 255}}[scheme.name]); patience < 100 {
				t.Errorf("%d pixels tell the patience of the NAS", patience)
			}
		})
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if got < want-2 || got > want+2 {
		t.Errorf("%s is %.1f, want %.1f", what, got, want)
	}
}

// TestReportAsksNobody: names that would load and run something do neither, and if one got through, the page's policy would still
// forbid it. Without the policy the same page does, so that the test sees what it looks for.
func TestReportAsksNobody(t *testing.T) {
	var asked atomic.Int32
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer listener.Close()
	attack := `<img src="` + listener.URL + `/x"><script>document.title="owned"</script><style>body{background:url(` + listener.URL + `/y)}</style>`
	page := dayPage(t, `">`+attack)
	dom := chromium(t, page, "--dump-dom")
	for _, want := range []string{"Threat level: high", "push_denied", "&lt;img src=", "gives up at 10 s (seen in 100), 100 % of approvals come later", "2026-11-23 09:00"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(dom, "<img") || strings.Contains(dom, "<script") || strings.Contains(dom, ">owned<") || asked.Load() != 0 {
		t.Errorf("a name became a part of the page; %d requests", asked.Load())
	}

	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	through := bytes.Replace(text, []byte("</main>"), []byte(attack+"</main>"), 1)
	dom = chromium(t, written(t, through), "--dump-dom")
	if !strings.Contains(dom, "<img") || strings.Contains(dom, "<title>owned") || asked.Load() != 0 {
		t.Errorf("the policy lets something through: %d requests", asked.Load())
	}
	bare := bytes.Replace(through, []byte("Content-Security-Policy"), []byte("nothing"), 1)
	dom = chromium(t, written(t, bare), "--dump-dom")
	if !strings.Contains(dom, "<title>owned") || asked.Load() == 0 {
		t.Error("even without the policy nothing happens: this test sees nothing")
	}
}

// written is a page in a file of its own.
func written(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, text, 0o600); err != nil { //nolint:gosec // in the test's own directory
		t.Fatal(err)
	}
	return path
}
