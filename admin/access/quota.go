package access

import (
	"fmt"
	"sync"
	"time"
)

// mostRecords is how many records of one kind a minute has; the rest of it is told as a number, so that a flood fills no disk.
const mostRecords = 30

// quota says which of many events are recorded by themselves.
type quota struct {
	now  func() time.Time
	tell func(more string) // how many there were beyond, at the minute's end

	mu     sync.Mutex
	begun  time.Time
	taken  int
	beyond int
	timer  *time.Timer // set while beyond is more than 0
}

func newQuota(now func() time.Time, tell func(more string)) *quota {
	return &quota{now: now, tell: tell}
}

// take reports that an event is to be recorded; otherwise it is counted.
func (q *quota) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	if q.timer == nil && now.Sub(q.begun) >= time.Minute {
		q.begun, q.taken = now, 0
	}
	if q.taken < mostRecords {
		q.taken++
		return true
	}
	q.beyond++
	if q.timer == nil {
		q.timer = time.AfterFunc(time.Minute-now.Sub(q.begun), q.close)
	}
	return false
}

// close tells what is not told yet. The next event begins another minute.
func (q *quota) close() {
	q.mu.Lock()
	beyond := q.beyond
	if q.timer != nil {
		q.timer.Stop()
	}
	q.timer, q.beyond, q.begun = nil, 0, time.Time{}
	q.mu.Unlock()
	if beyond > 0 {
		q.tell(fmt.Sprintf("%d more within a minute, not recorded one by one", beyond))
	}
}
