package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ivalt-radius/audit/durable"
	"ivalt-radius/guard"
)

// Bounds of a spool and of one message.
const (
	mostWaiting = 1000
	mostOctets  = 4 << 20
	largest     = 64 << 10 // of one notice; Plain keeps them far below
	mostAtOnce  = 50
	longestWait = 72 * time.Hour // then a notice is given up
)

// loss is why notices were given up.
type loss uint8

const (
	crowdedOut loss = iota // more came than fits
	tooOld
	refused
	unreadable
	abandoned // their receiver is in the settings no more
	losses
)

func (l loss) String() string {
	return [losses]string{
		"more came than its spool holds", "not delivered within 72h", "refused for good", "not readable on disk",
		"it is not in the settings any more",
	}[l]
}

// entry is a notice that waits.
type entry struct {
	file     string // its name in the spool
	at       time.Time
	severity guard.Severity
	octets   int64
	mark     string // of its ID
	content  []byte // where the disk did not take it
	leaving  bool   // it is being sent
}

// spool is the notices that wait for one receiver. Its methods are safe for concurrent use.
type spool struct {
	dir  string
	most int // notices

	mu      sync.Mutex
	waiting []entry // oldest first
	octets  int64
	lost    [losses]int
}

// openSpool reads what waits. Files that are none of a spool's are left alone, but what a crash left half-written goes.
func openSpool(dir string, now time.Time) (*spool, error) {
	if err := durable.Directory(dir); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &spool{dir: dir, most: mostWaiting}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), durable.Suffix) {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				return nil, err
			}
			continue
		}
		e, ok := parseName(f.Name())
		info, err := f.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		if e.at.After(now) { // the clock was set back
			e.at = now
		}
		e.octets = info.Size()
		s.waiting, s.octets = append(s.waiting, e), s.octets+e.octets
	}
	slices.SortStableFunc(s.waiting, func(a, b entry) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.file, b.file)) })
	for s.full(0) {
		s.crowd(guard.Critical)
	}
	return s, nil
}

// fileName is nanoseconds since 1970, severity, and a mark of the ID.
func (e entry) fileName() string {
	return fmt.Sprintf("%020d-%d-%s.json", e.at.UnixNano(), e.severity, e.mark)
}

func parseName(name string) (e entry, ok bool) {
	parts := regexp.MustCompile(`^(\d{20})-([0-3])-([0-9a-f]{32})\.json$`).FindStringSubmatch(name)
	if parts == nil {
		return entry{}, false
	}
	nanos, err := strconv.ParseInt(parts[1], 10, 64)
	return entry{file: name, at: time.Unix(0, nanos), severity: guard.Severity(parts[2][0] - '0'), mark: parts[3]}, err == nil
}

// put makes a notice wait. One with an ID that waits already is the same, and waits once. Where the disk does not take it, it waits in
// memory, and the error says so.
func (s *spool) put(n Notice, now time.Time) error {
	content, err := json.Marshal(n)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(n.ID))
	const octets = 16
	e := entry{at: now, severity: n.Severity, octets: int64(len(content)), mark: hex.EncodeToString(sum[:octets])}
	e.file = e.fileName()
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.waiting, func(w entry) bool { return w.mark == e.mark && !w.leaving }) {
		return nil
	}
	for s.full(e.octets) {
		if !s.crowd(e.severity) {
			s.lost[crowdedOut]++
			return nil
		}
	}
	if err = durable.Write(filepath.Join(s.dir, e.file), durable.Bytes(content)); err != nil {
		e.content = content
	}
	s.waiting, s.octets = append(s.waiting, e), s.octets+e.octets
	return err
}

// full reports that so many octets more do not fit.
func (s *spool) full(octets int64) bool {
	more := 0
	if octets > 0 {
		more = 1
	}
	return len(s.waiting)+more > s.most || s.octets+octets > mostOctets
}

// crowd takes the oldest notice of the lowest severity out, unless that is above most.
func (s *spool) crowd(most guard.Severity) bool {
	victim := -1
	for i, e := range s.waiting {
		if !e.leaving && e.severity <= most && (victim < 0 || e.severity < s.waiting[victim].severity) {
			victim = i
		}
	}
	if victim < 0 {
		return false
	}
	s.lost[crowdedOut]++
	s.remove(victim)
	return true
}

// remove takes one out. A file that cannot be removed comes again after a restart, which its ID tells.
func (s *spool) remove(i int) {
	e := s.waiting[i]
	_ = os.Remove(filepath.Join(s.dir, e.file))
	s.octets -= e.octets
	s.waiting = slices.Delete(s.waiting, i, i+1)
}

// view is what waits, in short.
type view struct {
	count    int
	first    time.Time // since when the oldest waits
	critical bool      // a critical one waits
}

// look gives up what waits too long, and says what is left.
func (s *spool) look(now time.Time) (v view) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && now.Sub(s.waiting[0].at) >= longestWait {
		s.lost[tooOld]++
		s.remove(0)
	}
	v.count = len(s.waiting)
	for _, e := range s.waiting {
		if v.critical = v.critical || e.severity == guard.Critical; v.first.IsZero() {
			v.first = e.at
		}
	}
	return v
}

// take gives the notices of the next message: the worst first, the oldest of them first, most at most. They leave: done says how it went.
func (s *spool) take(most int) (notices []Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := make([]int, len(s.waiting))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.waiting[b].severity, s.waiting[a].severity) })
	var bad []string
	for _, i := range order {
		if len(notices) == most {
			break
		}
		n, err := s.read(s.waiting[i])
		if err != nil {
			bad = append(bad, s.waiting[i].file)
			continue
		}
		s.waiting[i].leaving = true
		notices = append(notices, n)
	}
	for _, file := range bad {
		s.lost[unreadable]++
		s.remove(slices.IndexFunc(s.waiting, func(e entry) bool { return e.file == file }))
	}
	return notices
}

func (s *spool) read(e entry) (n Notice, err error) {
	content := e.content
	if content == nil {
		if content, err = durable.ReadAll(filepath.Join(s.dir, e.file), largest); err != nil {
			return Notice{}, err
		}
	}
	err = json.Unmarshal(content, &n)
	return n.Plain(), err
}

// delivered takes out what left.
func (s *spool) delivered() { s.settle(func() {}) }

// turnedDown gives up what left: no try of this message can go well.
func (s *spool) turnedDown() { s.settle(func() { s.lost[refused]++ }) }

func (s *spool) settle(each func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.waiting) - 1; i >= 0; i-- {
		if s.waiting[i].leaving {
			each()
			s.remove(i)
		}
	}
	_ = durable.SyncDirectory(s.dir) // what comes again after a crash has its ID
}

// back has what left wait again.
func (s *spool) back() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.waiting {
		s.waiting[i].leaving = false
	}
}

// abandon gives all up, and the directory.
func (s *spool) abandon() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 {
		s.lost[abandoned]++
		s.remove(0)
	}
	if err := os.Remove(s.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// tell gives the numbers of those given up since it was asked last, in words; empty where there are none.
func (s *spool) tell() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for why, n := range s.lost {
		if n > 0 {
			words = append(words, fmt.Sprintf("%d: %s", n, loss(why)))
		}
		s.lost[why] = 0
	}
	return strings.Join(words, "; ")
}
