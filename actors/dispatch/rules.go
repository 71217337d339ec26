// Package dispatch turns a command into the submit_sm PDUs that carry it: it
// checks what decoding could not (what an MNO's rules say), chooses addresses,
// encodes and splits the text, and fills one PDU a part. It is pure: the window
// and the session decide when a part is sent, and under which reference.
package dispatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Rules say how an MNO wants its messages: the profile and the credentials.
type Rules struct {
	SourceAddress string   // when a command has no `from`
	Senders       *Senders // whom the MNO has registered; nil: any

	Outbound Rewriting // of a command's addresses, before their shape is looked at
	Inbound  Rewriting // of what the MNO writes; also of what was submitted, see Plan.To

	Source, Destination Numbering // ton and npi by the shape of the address

	Strategy contract.LongMessageStrategy_Value // of long texts: CSMS, TLV or SAR
	NoTLVs   bool                               // the bind says SMPP 3.3, whose peers know none (SMPP 3.4 §1.4)
	Count    segment.Rule                       // reference width, national tables, most parts
	MayWiden bool                               // 16-bit references where 8-bit ones would repeat too soon

	Alphabet text.Alphabet // what data_coding 0 means at this MNO: GSM7 unpacked by default

	GSM7DataCoding codec.DataCoding // 0x00; 0x01 or 0x04 at some MNOs
	UCS2DataCoding codec.DataCoding // 0x08
	Flash          text.FlashStyle  // how class 0 is said
	ESMClass       codec.ESMClass   // base bits, OR-ed with UDHI where parts need it; 0 or 3 at most MNOs

	ServiceType        string
	RegisteredDelivery codec.RegisteredDelivery // when a command does not say: 0x01
	ReceiptOfLastPart  bool                     // the parts before the last ask for none
	Validity           time.Duration            // when a command does not say; 0: the MNO's default
	ValidityForm       ValidityForm             // how it is written
	ProtocolID         uint8                    // when a command does not say

	TLVs optional.Rules // what a command's tlvs may name

	RefuseFingerprintMismatch bool // else counted, logged and sent (decisions.md 036)
}

// ValidityForm is how validity_period is written (SMPP 3.4 §7.1.1).
type ValidityForm uint8

// The forms. Some MNOs refuse spans, some any validity.
const (
	RelativeValidity ValidityForm = iota
	AbsoluteValidity              // in UTC, from when the command was planned
	NoValidity                    // left out, whatever a command says
)

// write returns the validity_period of a span that begins now; nothing for none.
func (f ValidityForm) write(span time.Duration, now time.Time) (string, error) {
	switch {
	case span <= 0 || f == NoValidity:
		return "", nil
	case f == AbsoluteValidity:
		return codec.FormatAbsolute(now.Add(span)), nil
	}
	return codec.FormatRelative(span)
}

// TONNPI is a type of number and a numbering plan (SMPP 3.4 §5.2.5, §5.2.6).
type TONNPI struct{ TON, NPI uint8 }

// Numbering gives an address its ton and npi by its shape.
type Numbering struct {
	Alphanumeric  TONNPI // 5/0; 5/1 at some
	Short         TONNPI // 3/0: at most ShortDigits digits without a '+'
	International TONNPI // 1/1: with a '+', and bare longer digits
	National      TONNPI // 2/1: bare longer digits, where BareNational
	ShortDigits   int
	BareNational  bool
	KeepPlus      bool // the '+' goes into the PDU; else it tells the shape and is dropped

	TON, NPI *uint8 // hold whatever the shape; nil: by the shape
}

// DefaultNumbering is what most MNOs document.
var DefaultNumbering = Numbering{
	Alphanumeric:  TONNPI{5, 0},
	Short:         TONNPI{3, 0},
	International: TONNPI{1, 1},
	National:      TONNPI{2, 1},
	ShortDigits:   6,
}

// classify returns the address as it goes into the PDU, and its ton and npi.
func (n Numbering) classify(address string) (string, TONNPI) {
	digits, plus := strings.CutPrefix(address, "+")
	shape := n.International
	switch {
	case !allDigits(digits):
		digits, shape = address, n.Alphanumeric
	case plus:
	case len(digits) <= n.ShortDigits:
		shape = n.Short
	case n.BareNational:
		shape = n.National
	}
	if n.TON != nil {
		shape.TON = *n.TON
	}
	if n.NPI != nil {
		shape.NPI = *n.NPI
	}
	if n.KeepPlus {
		return address, shape
	}
	return digits, shape
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Refusal says why a command will not be sent. It becomes a dead letter, so it
// names the field and the remedy, and never quotes a text.
type Refusal struct {
	Reason string // a stable word, as in DispatchRejected.reason
	Field  string
	Detail string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s: %s", r.Reason, r.Field, r.Detail) }

// Later reports whether it came to hold when the command may have been sent already: it
// says nothing of the command's form.
func (r *Refusal) Later() bool {
	return r != nil && (r.Reason == ReasonExpired || r.Reason == ReasonSender || r.Reason == contract.ReasonMaxAge)
}

func invalid(field, detail string, args ...any) *Refusal {
	return &Refusal{Reason: contract.ReasonInvalidField, Field: field, Detail: fmt.Sprintf(detail, args...)}
}
