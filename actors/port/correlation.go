package port

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Correlation says which message, and which part of it, an id that the MNO gave
// in submit_sm_resp belongs to: one row of smpp.message_correlations (US-SC-010).
type Correlation struct {
	OperatorID        string // the account: ids are unique within it, not within a bind or a pod
	PrimaryOperatorID string // whose command it was, when a backup's account carried it (US-SC-013); else empty
	OperatorMessageID string // submit_sm_resp.message_id after the profile's id rule; opaque, any octets, up to 65
	MessageID         string // ours
	PartIndex         int    // 1…PartsTotal
	PartsTotal        int    // PDUs that carry the message: its segments, but 1 with message_payload
	Bind              BindID // the bind that it was submitted on
	Epoch             uint64 // the fencing token of the bind's owner, 0 in standalone
	From, To          string
	SubmittedAt       time.Time
	ExpiresAt         time.Time // SubmittedAt + 72 h by default
	Ambiguous         bool      // an earlier submit of this part was written and never answered
	Silent            bool      // no receipt of its own is due: none was asked for, or the MNO gave no id
	Fingerprint       string
	Trace             Trace
	Reference         Reference // that its parts share; zero for a message in one segment

	// States is the set of receipt states whose event has been published: bit n
	// for message_state n (SMPP 3.4 §5.2.28). Final is the first final one, 0
	// while there is none. Bit Concluded says that the one event of a message in
	// parts has been published.
	States uint16
	Final  uint8
}

// Reference is a concatenation reference (3GPP 23.040 §9.2.3.24.1 and .8, or
// sar_msg_ref_num). The zero value is none.
type Reference struct {
	Number uint16
	Bits   uint8 // 8 or 16; 0: there is none
}

// Key is what a receipt names.
func (c Correlation) Key() CorrelationKey {
	return CorrelationKey{OperatorID: c.OperatorID, OperatorMessageID: c.OperatorMessageID}
}

// Whose returns the operatorId whose command it was.
func (c Correlation) Whose() string {
	if c.PrimaryOperatorID != "" {
		return c.PrimaryOperatorID
	}
	return c.OperatorID
}

// NamelessID stands for the id of a part, from 1, that the MNO accepted without
// giving one, so that the ledger knows of it all the same. It begins with NUL, which
// no message_id can hold (SMPP 3.4 §3.1, C-octet string).
func NamelessID(messageID string, part int) string {
	sum := sha256.Sum256([]byte(messageID))
	return "\x00" + hex.EncodeToString(sum[:16]) + "." + strconv.Itoa(part)
}

// IsNameless reports whether an id is a NamelessID.
func IsNameless(id string) bool { return strings.HasPrefix(id, "\x00") }

// CorrelationKey finds a Correlation: the account and the id, after its rule.
type CorrelationKey struct{ OperatorID, OperatorMessageID string }

// Concluded is the State of a Mark that says, on the row of any of its parts, that
// the final event of a message in parts has been published. No message_state has
// this number.
const Concluded uint8 = 15

// Mark remembers that the event of a state has been published for a row.
type Mark struct {
	Key   CorrelationKey
	State uint8 // message_state, 0…9, or Concluded
	Final bool  // whether that state ends the part's life
}

// CorrelationStore keeps correlations until they expire. MNOs reuse ids within
// days, so a Save under a known key with another MessageID replaces the row.
type CorrelationStore interface {
	// Save stores rows durably, all of them or an error. Saving a row again
	// (same key, message and part) changes nothing and is no error, and keeps
	// the states that were marked.
	Save(ctx context.Context, rows []Correlation) error

	// Find returns a slice as long as keys, nil where nothing is known.
	Find(ctx context.Context, keys []CorrelationKey) ([]*Correlation, error)

	// Parts returns the stored rows of one message of an account, by PartIndex:
	// what was accepted of it (the ledger that a redelivery asks) and how far its
	// receipts have come. None is an empty slice.
	Parts(ctx context.Context, operatorID, messageID string) ([]Correlation, error)

	// Unfinished returns rows of messages in parts of these accounts that expired
	// after from, and not after to, and that may lack their final event: of each at
	// least one row with a final state and without Concluded, which may be on another
	// row of it. Rows are kept for an hour or more after they expire, so that this
	// can be asked.
	Unfinished(ctx context.Context, operatorIDs []string, from, to time.Time) ([]Correlation, error)

	// Mark sets states on rows; a row that is gone is skipped. Final is kept once set.
	Mark(ctx context.Context, marks []Mark) error
}

// ParkedReceipt is a receipt whose correlation is not known yet.
type ParkedReceipt struct {
	Key     CorrelationKey
	State   uint8     // dlr.Kind, perhaps with dlr.Published. With Key it says which receipt this is
	Bind    BindID    // where it was heard
	HeardAt time.Time // by the wall clock of the pod that heard it
	Source  string    // source_addr of the receipt
	Dest    string    // destination_addr
	Octets  []byte    // the receipt's text as it came, at most 64 KiB
	TLVs    []byte    // its TLVs as they came
	Charset uint8     // data_coding
}

// ReceiptPark keeps, durably and for every pod to see, receipts that came before
// their correlation. Parking the same receipt again is no error.
type ReceiptPark interface {
	Park(ctx context.Context, receipts []ParkedReceipt) error
	Unpark(ctx context.Context, receipts []ParkedReceipt) error
	// Watch calls appear for every receipt that is parked now or later, on any
	// pod, and vanish for each that is taken out, until ctx ends. It reconnects
	// by itself; appear may be called again for a receipt that it knows.
	Watch(ctx context.Context, appear, vanish func(ParkedReceipt)) error
}
