package receipt

import (
	"encoding/hex"
	"strings"
)

// TLVs are the optional parameters of a receipt, as values, so that this package
// needs no PDU. The zero value is a receipt without any.
type TLVs struct {
	ReceiptedMessageID string // 0x001E; "" if absent
	MessageState       uint8  // 0x0427
	HasMessageState    bool
	NetworkErrorCode   []byte // 0x0423, as it came: network type, error code
}

// Source says where a value was found.
type Source uint8

const (
	FromNowhere Source = iota
	FromTLV
	FromText
)

// String is the source's name in logs.
func (s Source) String() string { return [...]string{"nowhere", "tlv", "text"}[min(s, FromText)] }

// Receipt is what an MNO says about a message.
type Receipt struct {
	ID     string // before any IDRule; "" if there is none
	IDFrom Source

	State     uint8  // message_state; Unknown if StateFrom is FromNowhere
	StateFrom Source // FromNowhere: there was none, or none that a rule maps; Word has it
	Final     bool   // never true for a state that was found nowhere
	Word      string // the state word of the text as it came

	Err              string // the text's err, opaque
	NetworkErrorCode string // the TLV in hex; "" if absent
	SubmitDate       string // as the text has them
	DoneDate         string
}

// Resolve is Rules.Resolve under the zero Rules.
func Resolve(f Fields, t TLVs) Receipt { return Rules{}.Resolve(f, t) }

// Resolve says what a receipt means: TLVs before text (US-SC-011), a TLV that
// says nothing usable after it.
func (r Rules) Resolve(f Fields, t TLVs) Receipt {
	out := Receipt{
		Word:             f.Stat.Text,
		Err:              f.Err.Text,
		NetworkErrorCode: hex.EncodeToString(t.NetworkErrorCode),
		SubmitDate:       f.SubmitDate.Text,
		DoneDate:         f.DoneDate.Text,
	}
	out.resolveID(f.ID.Text, strings.TrimRight(t.ReceiptedMessageID, "\x00"), r.TextFirst)

	out.State = Unknown
	if !f.Stat.Set {
		out.Word = r.bareWord(f.Unread)
	}
	state, worded := r.State(out.Word)
	stated := t.HasMessageState && t.MessageState <= Skipped
	switch {
	case worded && (r.TextFirst || !stated):
		out.State, out.StateFrom = state, FromText
	case stated:
		out.State, out.StateFrom = t.MessageState, FromTLV
	}
	out.Final = out.StateFrom != FromNowhere && r.Final(out.State)
	return out
}

func (o *Receipt) resolveID(text, tlv string, textFirst bool) {
	switch {
	case tlv != "" && !(textFirst && text != ""):
		o.ID, o.IDFrom = tlv, FromTLV
	case text != "":
		o.ID, o.IDFrom = text, FromText
	}
}

// bareWord finds a state word that stands without its label, as one SMSC sends
// it: `done date:181010151916 DELIVRD err:000`. Upper case only, and not before
// the first field, where a phone's own text may stand.
func (r Rules) bareWord(unread []Unread) string {
	for _, u := range unread {
		if u.After == None {
			continue
		}
		word, _ := firstWord(u.Text)
		if _, ok := r.State(word); ok && word == strings.ToUpper(word) {
			return word
		}
	}
	return ""
}
