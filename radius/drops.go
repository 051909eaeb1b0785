package radius

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/radius/remedy"
)

// cause is a counter: why a packet got no answer, or what became of it.
type cause uint8

// The causes. Those before the mark are silent drops that the log sums up; the others are only counted.
const (
	unknownClient cause = iota
	invalidSource
	malformed
	wrongCode
	badAuthenticator
	missingMessageAuthenticator
	noCredential
	queueFull
	tableFull
	clientFull
	statusLimited
	unreadableAccounting
	notRecorded
	readError
	writeError
	loggedCauses // the mark, no counter
	duplicateDropped
	duplicateAnswered
	statusSilent
	delayFull
	replyUnfit
	panics
	received
	accepted
	rejected
	challenged
	silenced
	statusAnswered
	accountingAnswered
	causeCount

	sound // no cause: the packet goes on
)

// words are the counters' words in metrics and logs, in the order of the causes; "|" is the mark.
const words = "unknown_client invalid_source malformed wrong_code bad_authenticator missing_message_authenticator " +
	"no_credential queue_full table_full client_full status_limited unreadable_accounting not_recorded read_error " +
	"write_error | duplicate_dropped duplicate_answered status_silent delay_full reply_unfit panics received accepted " +
	"rejected challenged silenced status_answered accounting_answered"

// lineEvery is how often silent drops may write a log line, all of them together.
const lineEvery = time.Second

// drops counts, and sums the silent drops up in at most one log line a second. A drop that comes too soon for a line is
// in the next one.
type drops struct {
	counts [causeCount]atomic.Uint64
	names  []string
	log    logrus.FieldLogger
	now    func() time.Time

	armed   atomic.Bool // a line will be written
	strange atomic.Bool // one of the lines to come is about a stranger
	mu      sync.Mutex
	next    time.Time // no line before this
	timer   *time.Timer
	told    [loggedCauses]uint64
	address netip.Addr
	hints   remedy.Queue
	closed  bool
}

func newDrops(log logrus.FieldLogger, now func() time.Time) *drops {
	return &drops{log: log, now: now, names: strings.Fields(words)}
}

// count counts without a word in the log.
func (d *drops) count(c cause) { d.counts[c].Add(1) }

// drop counts a packet that is dropped in silence; h may be the zero hint.
func (d *drops) drop(c cause, from netip.Addr, h remedy.Hint) {
	d.counts[c].Add(1)
	if d.armed.Load() && (h.Advice == remedy.None || (h.Advice == remedy.Stranger && d.strange.Load())) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	now := d.now()
	if h.Advice != remedy.None {
		d.hints.Offer(h, now)
		d.strange.Store(d.hints.Strange())
	}
	if d.address == (netip.Addr{}) {
		d.address = from
	}
	if d.armed.Load() {
		return
	}
	if wait := d.next.Sub(now); wait > 0 {
		d.arm(wait)
		return
	}
	d.write()
}

// arm has a line written later. The caller holds mu.
func (d *drops) arm(wait time.Duration) {
	d.armed.Store(true)
	d.timer = time.AfterFunc(wait, d.later)
}

// later writes the line of the drops that came too soon for one.
func (d *drops) later() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed.Load() && !d.closed {
		d.write()
	}
}

// write writes the line, and has the next one written where hints are left. The caller holds mu.
func (d *drops) write() {
	fields := logrus.Fields{}
	for c := range loggedCauses {
		if n := d.counts[c].Load(); n != d.told[c] {
			fields[d.names[c]] = n - d.told[c]
			d.told[c] = n
		}
	}
	h := d.hints.Next()
	message, advice := h.Text()
	address := d.address
	if h.Advice != remedy.None {
		fields["remedy"], address = advice, h.Address
	}
	if h.Client != "" {
		fields["client"] = h.Client
	}
	d.strange.Store(d.hints.Strange())
	fields["address"] = address.Unmap().String()
	d.log.WithFields(fields).Warn(message)
	d.address = netip.Addr{}
	d.next = d.now().Add(lineEvery)
	d.armed.Store(false)
	if d.hints.Waiting() && !d.closed {
		d.arm(lineEvery)
	}
}

// close writes what is left and stops the timer.
func (d *drops) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed.Load() {
		d.timer.Stop()
		d.closed = true
		d.write()
	}
	d.closed = true
}

// all are the counters by name.
func (d *drops) all() map[string]uint64 {
	out := make(map[string]uint64, causeCount-1)
	for c := range causeCount {
		if c != loggedCauses {
			out[d.names[c]] = d.counts[c].Load()
		}
	}
	return out
}

// dropped are those of all that say why packets got no answer.
func (d *drops) dropped() map[string]uint64 {
	out := make(map[string]uint64, loggedCauses)
	for c := range loggedCauses {
		out[d.names[c]] = d.counts[c].Load()
	}
	return out
}
