package control

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestAsking: whoever may not ask is told who may, and nobody reads of a URL.
func TestAsking(t *testing.T) {
	for cause, says := range map[error]string{
		syscall.EACCES: "only its own user and root may",
		syscall.EPIPE:  "/state/control.sock: broken pipe",
	} {
		err := asking("/state", &url.Error{Op: "Post", URL: "http://control/x", Err: &os.SyscallError{Syscall: "connect", Err: cause}})
		if !strings.Contains(strings.ReplaceAll(err.Error(), "connect: ", ""), says) || strings.Contains(err.Error(), "http://") {
			t.Errorf("%v: %v", cause, err)
		}
		if denied := errors.Is(cause, os.ErrPermission); denied != errors.Is(err, os.ErrPermission) {
			t.Errorf("%v: lack of permission %t", err, denied)
		}
	}
}
