package port

import (
	"context"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// ConcatKey identifies an inbound message in parts (US-SC-025 as decisions.md reads it).
type ConcatKey struct {
	MNO         string
	Originator  string
	Destination string
	Reference   uint16
	Wide        bool // 16-bit reference (UDH 0x08 or SAR) or 8-bit (UDH 0x00)
	Total       uint8
}

// ConcatPart is one part as it came.
type ConcatPart struct {
	Index      uint8 // 1…Total
	DataCoding uint8
	Header     []byte // the user data header, with its length octet; empty: there is none
	Body       []byte // what stands behind it
}

// ConcatArrival is a part that has come.
type ConcatArrival struct {
	Key    ConcatKey
	Part   ConcatPart
	TLVs   codec.TLVs // of its PDU, that are worth telling; of each tag one, and not many
	Bind   BindID     // that heard it
	At     time.Time
	Window time.Duration // how long its message may take, if it is the first of it
}

// ConcatGroup is all that has come of one inbound message.
type ConcatGroup struct {
	Key      ConcatKey
	Bind     BindID       // that heard the first part
	Since    time.Time    // when it did
	Deadline time.Time    // the group is then published incomplete; with Since and Key it tells the message from others
	Parts    []ConcatPart // by Index, one of each
	TLVs     codec.TLVs   // of all parts together, by tag: the first that came of each, MostConcatTLVs of them
	// Echo says that every part is one of the message that was published last under
	// the key: the MNO has repeated it, and it is not published again.
	Echo bool
	Name string // of the store's own, for Published
}

// MostConcatTLVs bounds what a store keeps beside the parts of a message.
const MostConcatTLVs = 32

// ConcatOutcome is what a store has made of a part. The part is kept in any case.
type ConcatOutcome uint8

// The outcomes of a part.
const (
	PartAdded    ConcatOutcome = iota
	PartRepeated               // its message has it, or was published with it
	PartReused                 // another part has its place: the reference is in use again, and the older message is due
	PartLate                   // its message was published without it, or is just now: it begins another
)

// ConcatKept is the answer to one arrival.
type ConcatKept struct {
	Outcome ConcatOutcome
	Whole   *ConcatGroup // the message that it completed, claimed for the caller; nil: it completed none
	Err     error        // the part is not kept; the MNO must repeat it
}

// ConcatClaim is how long a claim holds. Whoever claims a message publishes it
// within that time, or somebody else may.
const ConcatClaim = 10 * time.Second

// ConcatRemembered is how long the parts of a published message are known again,
// as copies: longer than any MNO waits before it repeats what was not answered.
const ConcatRemembered = 5 * time.Minute

// ConcatStore keeps inbound parts until their message is published, for all pods,
// over restarts. Of the pods that could publish a message one holds the claim.
// Time is the callers'; their clocks may differ by less than ConcatClaim.
type ConcatStore interface {
	// Keep stores parts durably, in order, and answers each.
	Keep(ctx context.Context, arrivals []ConcatArrival) []ConcatKept

	// Claim returns messages that are due: their deadline is not after now, or a
	// claim has run out; at most some thousands, the caller asks again. ours says
	// for which MNOs the caller can publish; the others are left alone. open is how
	// many messages each bind has begun that are not published, these included.
	Claim(ctx context.Context, now time.Time, ours func(mno string) bool) (due []ConcatGroup, open map[BindID]int, err error)

	// Published lets claimed messages go, and remembers their parts for
	// ConcatRemembered.
	Published(ctx context.Context, now time.Time, groups []ConcatGroup) error
}
