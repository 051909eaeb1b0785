package cluster

import (
	"context"
	"errors"
	"time"
)

// Errors of the memory. Any other error is a fault of the caller.
var (
	// ErrUnreachable says that the memory cannot be asked now. Whether the operation took place is not known.
	ErrUnreachable = errors.New("the shared memory cannot be asked")
	// ErrLost says that a claim or an attempt is no longer this node's: another one has taken it over.
	ErrLost = errors.New("another node has taken it over")
	// ErrCollided says that another login asked for the phone meanwhile, and that both are denied.
	ErrCollided = errors.New("another login asked for this phone")
)

// Digest names something without telling it. It is keyed, and the same at all nodes.
type Digest = [32]byte

// Attempts are the logins of all nodes. It is safe for concurrent use; each method is one round trip but for Await.
type Attempts interface {
	// Enter gives this node its place in the attempt with a key: it leads a new one, follows one that another node leads, or is told the
	// answer of one that is over. A node enters once for each attempt: copies that reach the same node join there.
	//
	// Where this node leads the attempt already, since it asked before and never heard the answer, it still does, and its Place is Taken:
	// the claim of the phone tells what rings. A caller that got ErrUnreachable and gives up Leaves e.ID, so that nobody waits for a leader
	// that does not know that it is one.
	//
	// An Entry without a Life begins nothing: it tells of a copy that waits at its node already. It joins the attempt of e.ID
	// while that is open, or its answer is still told to the very same packets; its Place is Follows or Over. ErrLost where that is not there, whatever
	// else the key has: another login's answer is none for this one.
	Enter(ctx context.Context, e Entry) (Place, error)
	// Await blocks until an attempt that this node follows is over, or until this node leads it since the one that did is dead or has left
	// it. Its Place is Over or Leads. The error is that of ctx, or ErrUnreachable where the memory could not be asked for Patience; ErrLost
	// where the memory no longer knows the attempt, or its life has passed without an end.
	Await(ctx context.Context, key Digest, id string) (Place, error)
	// Leave has this node lead the attempt no more, without an end: whoever to says takes it over. ErrLost where it leads it no more.
	Leave(ctx context.Context, key Digest, id string, to Leaving) error
	// Conclude ends an attempt that this node leads, and tells those who follow. ErrLost where it leads it no more, or its life has passed.
	// Asked again by the node that concluded it, it changes nothing and is no error.
	Conclude(ctx context.Context, key Digest, id string, e Conclusion) error
}

// Entry is an exchange that begins an attempt at its node.
type Entry struct {
	Key      Digest
	ID       string        // what the attempt is called where this node leads it
	Exchange Digest        // of the packet: the very same packet at another node has the same one. MostExchanges are remembered of an attempt.
	Life     time.Duration // until its answer must have left, the longest of an attempt's exchanges; Grace later nobody waits any more. 0: it only joins
}

// Leaving is to whom a node leaves an attempt.
type Leaving uint8

// Who takes an attempt over that was left. Behind its life nobody does: whoever enters then begins anew.
const (
	ToAnybody   Leaving = iota // who follows, or enters next: its gateway turns to another node
	ToFollowers                // who follows; where nobody does it is gone, since its gateway no longer listens
)

// Role is what a node is to an attempt.
type Role uint8

// The roles. The zero Role has no part in it.
const (
	NoRole  Role = iota
	Leads        // the answer is this node's to find
	Follows      // another node leads: see Await
	Over         // it is concluded, and its answer is for this exchange as well
)

// Place is this node's in an attempt.
type Place struct {
	Role   Role
	ID     string // the attempt's, the same at all nodes
	Renews string // the earlier attempt of the same key whose late approval may count for this one; empty: none. Of Leads, by Enter, once.
	Taken  bool   // this node leads it in the place of one that is dead or has left it
	Answer []byte // of Over: Conclusion.Answer
}

// Conclusion is an attempt's end.
type Conclusion struct {
	Answer   []byte        // for those who follow, in the caller's form, of at most MostSize; sealed where it is kept. They are told it for Told at least.
	Joinable time.Duration // how long a further copy of the login is told it, from now; 0: not at all
	Repeated time.Duration // how long the very same packet of an exchange that entered the attempt is told it
	Renewed  time.Duration // how long the next attempt of the key is told this one's ID as Renews; 0: not at all
}

// Phones are the phones of all nodes, by the mobile in E.164 form, which the memory keeps as a keyed digest. It is safe for concurrent use;
// each method is one round trip.
type Phones interface {
	// Claim asks for a phone on behalf of an attempt. ErrLost: this node's lease is over, and so is its part in its attempts.
	Claim(ctx context.Context, b Bid) (Claim, error)
	// Record keeps how far the push has come, for a node that takes it over; the last one counts. Before a push leaves, Rang must be recorded
	// without an error: then no other node pushes for this attempt. ErrLost: nothing may be sent for it, and no approval counts.
	// ErrCollided: the same, and End says so too.
	Record(ctx context.Context, t Token, p Progress) error
	// Polled says that a poll found no approval: nothing is left there of what was approved before, and what comes can only come of a push
	// that still lives. most bounds how long that is. The holder may say it, and who looks after a lapsed push. ErrLost changes nothing.
	Polled(ctx context.Context, t Token, most time.Duration) error
	// End ends a claim. Without an error the claim was this node's alone until now: only then an approval counts. ErrLost, ErrCollided: it counts
	// for nobody; what Ending says of the phone is kept all the same, but for ErrLost. The very same End again, within EndKept, has the
	// same answer and changes nothing: one whose answer was lost can be repeated.
	End(ctx context.Context, t Token, e Ending) error
}

// Collision says what becomes of the login that holds a phone when another one asks for it. The one that asks is denied.
type Collision uint8

// The collisions.
const (
	DenyBoth  Collision = iota // it is denied too: an approval that comes now could be meant for either
	KeepFirst                  // it goes on
)

// Bid asks for a phone.
type Bid struct {
	Phone     string
	Attempt   string // the attempt's ID at all nodes
	Renews    string // the lapsed attempt of the very same login, whose late approval counts; empty: none
	Collision Collision
	Life      time.Duration // a claim that nobody ended is over then and Grace later, as one of a dead node; Young later it is forgotten
}

// ClaimKind is what came of a Bid.
type ClaimKind uint8

// The kinds. The zero kind is no claim.
const (
	Unclaimed ClaimKind = iota
	Granted             // the phone is this attempt's
	Held                // nobody may have it before Wait has passed: ask again
	Taken               // another attempt has it: a collision. Other names it: this attempt itself, where that collided at the node that had it before
	Concluded           // this attempt's claim ended less than EndKept ago, at a node that died before it told the attempt's end: Answer is its Ending's
	Late                // the attempt that this one renews was approved behind its answer: that counts for this one, which has no claim
)

// History is what is known of a phone before a push.
type History uint8

// The histories.
const (
	Unseen History = iota // the memory is too young to know
	Dirty                 // an approval may come late, or was found where none belongs
	Spent                 // an approval was counted a while ago, and may still be readable
	Clean
)

// Claim is what came of a Bid.
type Claim struct {
	Kind    ClaimKind
	Token   Token         // of Granted
	History History       // of Granted
	Wait    time.Duration // of Held
	Other   string        // of Taken: the attempt that has it
	Answer  []byte        // of Concluded: Ending.Answer, nil where the claim had collided. Of Late: what End was told with it

	// Progress is that of a push that rings already; nil: none does. Of says whose push it is: this attempt's own, which another node led
	// before, or that of the lapsed attempt which this one renews. The latter is the Bid.Renews with which the phone was granted first, which a
	// node that takes over learns here; what is found of it counts for another LateFor.
	Progress []byte
	Rang     bool // that push may have left
	Of       string
	LateFor  time.Duration
}

// Token is a claim, as its holder proves it. Fence grows with each claim of a phone.
type Token struct {
	Phone, Attempt string
	Fence          uint64
	Nonce          string // two claims with one Fence, on both sides of a failover that lost one of them, are told apart
}

// Progress is how far a push has come.
type Progress struct {
	State []byte // in the caller's form, of at most MostSize; sealed where it is kept
	Rang  bool   // a push left, or may be about to
}

// EndKind is how a claim ends.
type EndKind uint8

// The kinds. The zero kind ends it for good: a claim, or a lapsed one of which nothing more is expected.
const (
	Ended  EndKind = iota
	Left           // the node gives it up: one that follows its attempt may take the push over, and for all others it has ended
	Lapsed         // it was answered, and its node still looks after the push for Late: what is found counts for the login that renews it
	Found          // of a lapsed one: it was approved; that is kept for Late, or told to the login that renews it already
)

// Ending is what the end of a claim leaves behind. Durations are from now; the longer one of two stays.
type Ending struct {
	Kind   EndKind
	Answer []byte        // for whoever takes the attempt over, or renews it, of at most MostSize; sealed where it is kept
	Hold   time.Duration // nobody may push before
	Taint  time.Duration // an approval may come late until then
	Clears bool          // Taint replaces what was there before
	Spent  time.Duration // the approval that was counted may be readable until then; replaces what was there before, if Clears
	Known  bool          // a login has shown what is on this phone
	Late   time.Duration // of Lapsed and Found
}

// NoticeKind is what a node is told of its own attempts by others.
type NoticeKind uint8

// The kinds.
const (
	NoNotice NoticeKind = iota
	Collided            // another login asked for the phone, and both are denied
	Approved            // the lapsed attempt that it renews was approved: another node has just found that. Answer is its Ending's
)

// Notice is about an attempt that holds a phone at this node. It may be lost: End tells of a collision as well.
type Notice struct {
	Kind    NoticeKind
	Attempt string
	Renews  string // of Approved: the attempt that was. It counts only at an attempt that renews that one: the node compares.
	Answer  []byte
}

// Feed carries what a node tells all others, who apply it a little later, in the order in which it told them. A node that was away hears what
// it missed of the last hour, or of less where more was told than the memory keeps. It may be lost where the memory is out of reach for long.
type Feed interface {
	// Tell never blocks. kind is a short word of the caller's; the payload is sealed on its way. It must not change.
	Tell(kind string, payload []byte)
	// Current reports that this node has heard all that was told until a moment ago.
	Current() bool
}

// Heard is one thing that another node told.
type Heard struct {
	Kind    string
	Node    string    // the node's name
	At      time.Time // when it was told, by the memory's clock
	Payload []byte
}

// Table is what every node keeps a copy of, by key. Keys and values are sealed where they are kept.
type Table interface {
	// Put replaces a value; it is told to the other nodes.
	Put(ctx context.Context, key string, value []byte) error
	// Delete removes a value everywhere; nothing where there is none.
	Delete(ctx context.Context, key string) error
}

// Replica is a node's copy of a table. Both functions are safe for concurrent use and call no method of the table.
type Replica interface {
	// Apply takes a change of another node; a nil value is gone.
	Apply(key string, value []byte)
	// Each gives all that the node has: what the memory lacks is put there.
	Each(do func(key string, value []byte))
}

// Node is one member of the cluster.
type Node struct {
	Name     string    `json:"node"`
	Version  string    `json:"version"`
	Settings string    `json:"settings"` // digest of those in force
	Started  time.Time `json:"started"`
	Seen     time.Time `json:"seen"`  // its last sign of life, by the memory's clock
	Alive    bool      `json:"alive"` // its lease holds
	Left     bool      `json:"left"`  // it stopped in order; then it is not alive
	Leads    int       `json:"leads"` // attempts that wait for their answer
	Self     bool      `json:"self"`
}
