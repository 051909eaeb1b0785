package way

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"ivalt-radius/secret"
)

// The headers of a webhook.
const (
	TimestampHeader = "X-IVALT-RADIUS-Timestamp" // seconds since 1970
	SignatureHeader = "X-IVALT-RADIUS-Signature" // sha256=HEX, the HMAC-SHA-256 of timestamp, "." and body
	IDHeader        = "X-IVALT-RADIUS-ID"        // of the message: the same for the same notices
)

// webhook POSTs JSON.
type webhook struct {
	poster poster
	secret secret.Secret
	now    func() time.Time
}

// Send implements Way.
func (w webhook) Send(ctx context.Context, notices []Notice) (said string, err error) {
	body := document(notices)
	at := strconv.FormatInt(w.now().Unix(), 10)
	headers := map[string]string{TimestampHeader: at, IDHeader: identity(notices)}
	if !w.secret.Empty() {
		headers[SignatureHeader] = sign(w.secret, at, body)
	}
	return w.poster.post(ctx, body, headers)
}

// sign signs time and body, so that neither can be changed, and an old message is not taken for a new one.
func sign(key secret.Secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	_, _ = mac.Write([]byte(at + "."))
	_, _ = mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
