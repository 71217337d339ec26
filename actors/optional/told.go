package optional

import (
	"fmt"
	"strconv"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
)

// Rule declares a TLV under a name: commands may carry it, and events tell it.
type Rule struct {
	Name     string
	Tag      codec.Tag
	Kind     Kind
	Required bool // a command without it is refused
}

// Rules are an MNO's, in the order in which commands carry them.
type Rules []Rule

// What an event tells of the TLVs of one PDU.
const (
	mostTold     = 32  // TLVs
	mostDeclared = 255 // octets of a value that the profile declares
	mostOther    = 64  // octets of another: nobody has said what it is
)

// untold are TLVs that no event tells among others: the message's own text, what is
// shown to the subscriber, and what the event has a field for.
var untold = map[codec.Tag]bool{
	codec.TagMessagePayload:     true,
	codec.TagCallbackNumAtag:    true,
	codec.TagReceiptedMessageID: true,
	codec.TagMessageState:       true,
	codec.TagNetworkErrorCode:   true,
	codec.TagSARMsgRefNum:       true,
	codec.TagSARTotalSegments:   true,
	codec.TagSARSegmentSeqnum:   true,
	codec.TagMoreMessagesToSend: true,
}

// WorthTelling are those of the TLVs of a part that the event of its message may tell: the
// first of each tag, and of a value as much as is told.
func WorthTelling(tlvs codec.TLVs) (worth codec.TLVs) {
	for _, t := range tlvs {
		if untold[t.Tag] || len(worth) == mostTold {
			continue
		}
		if _, known := worth.Get(t.Tag); !known {
			worth.Add(t.Tag, t.Value[:min(len(t.Value), mostDeclared+1)]) // one more, so that it can be seen that it was cut
		}
	}
	return worth
}

// Told is what an event tells of TLVs: those that the profile declares under its names,
// those of the standard under the standard's, others as 0xNNNN in hex. A TLV that comes
// again is NAME#2. nil where there is nothing to tell. What a value repeats of text is
// hidden, unless it is a number; text is asked for once and where it is needed alone, and
// nil where an event may have it.
func (rs Rules) Told(tlvs codec.TLVs, text func() quote.Text) (told map[string]string) {
	var repeated *quote.Text
	for _, t := range tlvs {
		if untold[t.Tag] || len(told) == mostTold {
			continue
		}
		if told == nil {
			told = map[string]string{}
		}
		name, kind, value := rs.tell(t)
		if text != nil && !kind.isNumber() {
			if repeated == nil {
				t := text()
				repeated = &t
			}
			value = repeated.Hide(value)
		}
		told[free(told, name)] = value
	}
	return told
}

// free is a name that nothing is told under yet.
func free(told map[string]string, name string) string {
	unused := name
	for n := 2; ; n++ {
		if _, taken := told[unused]; !taken {
			return unused
		}
		unused = name + "#" + strconv.Itoa(n)
	}
}

func (rs Rules) tell(t codec.TLV) (name string, kind Kind, value string) {
	for _, r := range rs {
		if r.Tag == t.Tag {
			return r.Name, r.Kind, r.Kind.read(t.Value, mostDeclared)
		}
	}
	if !t.Tag.Known() || t.Tag >= firstVendors { // a vendor's tag by one vendor's name would be wrong at the others
		return fmt.Sprintf("0x%04X", uint16(t.Tag)), Hex, Hex.read(t.Value, mostOther)
	}
	switch t.Tag.Kind() {
	case codec.Integer, codec.Bitmask:
		return t.Tag.String(), Uint32, Uint32.read(t.Value, mostOther)
	case codec.Text:
		return t.Tag.String(), CString, CString.read(t.Value, mostOther)
	}
	return t.Tag.String(), Hex, Hex.read(t.Value, mostOther)
}

// firstVendors is the lowest tag that is left to vendors (SMPP 3.4 §5.3.1); tags above
// theirs are reserved, and used by some all the same.
const firstVendors codec.Tag = 0x1400
