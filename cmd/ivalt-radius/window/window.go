package window

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/admin"
	"ivalt-radius/admin/access"
	"ivalt-radius/admin/api"
	"ivalt-radius/admin/health"
	"ivalt-radius/admin/page"
	"ivalt-radius/admin/view"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
)

// Deps is what a Window works with. Retry may be nil.
type Deps struct {
	Desk     view.Desk
	Looked   Looked
	Recorder access.Recorder
	Verifier *password.Verifier // of the logins as well
	Metrics  http.Handler       // asks nobody who they are
	Version  string
	Log      logrus.FieldLogger
	Now      func() time.Time
	Retry    <-chan time.Time // when to try again to have the default address; nil: each 10 s
}

// retry is how often a port that is another's is tried again.
const retry = 10 * time.Second

// Window is the operator's window. It is safe for concurrent use, but for Open and Close. A nil Window is closed.
type Window struct {
	deps   Deps
	keeper *access.Keeper
	pages  *page.Pages
	ready  *health.Checker
	alive  *health.Checker
	token  atomic.Bool // admin.metrics: token

	parts  []func(*http.ServeMux)
	stop   chan struct{}
	work   sync.WaitGroup
	server atomic.Pointer[admin.Server] // nil: not open

	mu       sync.Mutex // between a reload and the listener that opens late
	listener admin.Settings
}

// New makes a window that is not open: its checks can be asked.
func New(s *config.Settings, d Deps) *Window {
	w := &Window{
		deps: d, stop: make(chan struct{}),
		ready: health.New(d.Now, d.Looked.ready(s)...), alive: health.New(d.Now, d.Looked.alive()...),
	}
	w.token.Store(s.Admin.Metrics == "token")
	who, _ := Access(s, d.Now()) // its faults were found before
	w.keeper = access.New(who, access.Deps{
		Verify: NewPasswords(d.Verifier).Verify, Recorder: d.Recorder, Now: d.Now, Log: d.Log, Render: w.renderSignIn, Refused: w.renderRefused,
	})
	w.pages = page.New(page.Deps{Desk: d.Desk, Door: w.keeper, Now: d.Now, Sessions: w.sessions, End: w.keeper.End})
	w.parts = []func(*http.ServeMux){
		health.Health{Alive: w.alive, Ready: w.ready, Trusted: w.trusted}.Handle, w.keeper.Handle, w.pages.Handle,
		api.New(api.Deps{Desk: d.Desk, Door: w.keeper, Sessions: w.keeper, Version: d.Version}).Handle, w.rest,
	}
	return w
}

// Open listens, where the settings say so. A port that is another's is an error where the operator named it; for the default the window is
// tried again now and then, since several servers may run on one host and no login needs a window.
func (w *Window) Open(ctx context.Context, s *config.Settings) error {
	if !s.Listen.Admin.IsValid() {
		return nil
	}
	w.listener = listenerOf(s)
	err := w.listen(ctx)
	if err == nil || s.Given("listen.admin") || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	w.deps.Log.WithField("address", s.Listen.Admin.String()).
		Warn("the operator's window is not open: another program has its port; it is tried again each 10 s; name another one in listen.admin, or turn it off")
	w.work.Go(func() { w.again(ctx) })
	return nil
}

func (w *Window) listen(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	server, err := admin.Listen(ctx, w.listener, admin.Deps{Parts: w.parts, Log: w.deps.Log, Now: w.deps.Now})
	if err == nil {
		w.server.Store(server)
	}
	return err //nolint:wrapcheck // it names the key
}

// again tries until the window is open, or is to be closed.
func (w *Window) again(ctx context.Context) {
	ticks := w.deps.Retry
	if ticks == nil {
		ticker := time.NewTicker(retry)
		defer ticker.Stop()
		ticks = ticker.C
	}
	for {
		select {
		case <-w.stop:
			return
		case <-ctx.Done():
			return
		case <-ticks:
		}
		if err := w.listen(ctx); err == nil {
			w.deps.Log.WithField("admin", w.Address()).Info("the operator's window is open")
			return
		}
	}
}

// trusted reports that a request comes from this host itself, and not from behind a proxy on it, or from somebody whom the door lets in.
func (w *Window) trusted(r *http.Request) bool {
	return direct(r) || (r.Header.Get("Authorization") != "" || len(r.Cookies()) > 0) && w.admits(r)
}

// direct reports a peer at a loopback address that speaks for itself.
func direct(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if _, there := r.Header[h]; there {
			return false
		}
	}
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// admits asks the door, and takes no answer of its. A probe that asks all day renews no session by it.
func (w *Window) admits(r *http.Request) (in bool) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Refresh", "probe")
	ask := w.keeper.API(access.Read, func(http.ResponseWriter, *http.Request, access.Principal) { in = true })
	ask.ServeHTTP(unwritten{http.Header{}}, r)
	return in
}

// unwritten is an answer that nobody gets.
type unwritten struct{ header http.Header }

func (u unwritten) Header() http.Header       { return u.header }
func (unwritten) Write(p []byte) (int, error) { return len(p), nil }
func (unwritten) WriteHeader(int)             {}

// Adopt takes what a reload may change.
func (w *Window) Adopt(s *config.Settings) {
	if w == nil || !s.Listen.Admin.IsValid() {
		return
	}
	w.token.Store(s.Admin.Metrics == "token")
	who, _ := Access(s, w.deps.Now())
	w.keeper.Adopt(who)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener = listenerOf(s)
	if server := w.server.Load(); server != nil {
		server.Adopt(w.listener)
	}
}

// Address is where the window is open; empty: it is not.
func (w *Window) Address() string {
	if w == nil {
		return ""
	}
	if server := w.server.Load(); server != nil {
		return server.Addr().String()
	}
	return ""
}

// Expires is when the window's certificate does; false: it has none.
func (w *Window) Expires() (at time.Time, ok bool) {
	if w == nil {
		return time.Time{}, false
	}
	if server := w.server.Load(); server != nil {
		return server.Expires()
	}
	return time.Time{}, false
}

// Checks are those of readiness, as /readyz shows them.
func (w *Window) Checks(ctx context.Context) []view.Check { return w.ready.Now(ctx) }

// Lives are the checks of the loops, as /healthz shows them.
func (w *Window) Lives(ctx context.Context) []view.Check { return w.alive.Now(ctx) }

// Alive reports that no loop hangs.
func (w *Window) Alive(ctx context.Context) bool { return health.OK(w.Lives(ctx)) }

// Status is readiness in one line.
func (w *Window) Status(ctx context.Context) string {
	if failed := health.Failed(w.ready.Now(ctx)); len(failed) > 0 {
		return "not ready: " + strings.Join(failed, ", ")
	}
	return "ready"
}

// Close ends all that is open. It may be called on a nil Window.
func (w *Window) Close(ctx context.Context) {
	if w == nil {
		return
	}
	close(w.stop)
	w.work.Wait()
	w.pages.Close()
	w.keeper.Close()
	if server := w.server.Load(); server != nil {
		server.Close(ctx)
	}
}
