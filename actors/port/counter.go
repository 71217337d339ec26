package port

import (
	"context"
	"time"
)

// Counters are the numbers that pods of one account share.
type Counters interface {
	// ReserveSequences reserves n consecutive sequence numbers of a bind
	// (US-SC-022, key smpp:seq:{mno}:{direction}:{bindId}) and returns the first.
	// Numbers are absolute, from 1; sequence.Wire folds them into
	// 1…0x7FFFFFFF. The stored value is never below a number handed out.
	ReserveSequences(ctx context.Context, bind BindID, n int) (first uint64, err error)

	// ReserveReferences is the same for concatenation references (US-SC-026, key
	// smpp:concat:ref:{mno}:{direction}:{bindId}); the caller takes them modulo
	// 256 or 65536.
	ReserveReferences(ctx context.Context, bind BindID, n int) (first uint64, err error)
}

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
	Body       []byte // user data without the header
}

// ConcatGroup is all that has come of one inbound message.
type ConcatGroup struct {
	Key      ConcatKey
	Parts    []ConcatPart // by Index, without repeats
	Deadline time.Time    // set by the first part; the group is then published incomplete
}

// ConcatStore keeps inbound parts until their message is whole, for all pods,
// over restarts.
type ConcatStore interface {
	// Keep stores a part durably and returns the group with it. A part that is
	// already there is not stored again. The group's deadline is now + ttl when
	// this is its first part.
	Keep(ctx context.Context, key ConcatKey, part ConcatPart, now time.Time, ttl time.Duration) (ConcatGroup, error)
	// Take removes the group and reports whether this call was the one that did:
	// of two pods that complete a group at once, one publishes it.
	Take(ctx context.Context, key ConcatKey) (bool, error)
	// Due returns groups whose deadline is not after now.
	Due(ctx context.Context, now time.Time) ([]ConcatGroup, error)
}
