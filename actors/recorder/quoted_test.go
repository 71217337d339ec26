package recorder

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// refusing answers a submit_sm with words of the MNO's own, in the TLV and where the id
// would stand.
func refusing(seq uint32, words string) *codec.SubmitSMResp {
	return &codec.SubmitSMResp{Header: codec.Header{Sequence: seq, Status: codec.StatusSubmitFail}, MessageID: words,
		TLVs: codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: append([]byte(words), 0)}}}
}

func saying(seq uint32, text string) *codec.SubmitSM {
	p := submit(seq)
	p.ShortMessage = []byte(text)
	return p
}

// US-SC-002: why an MNO refuses can be seen, and the text that it repeats cannot.
func TestWordsOfARefusalAreSeenWithoutTheTextThatTheyRepeat(t *testing.T) {
	wide := saying(3, "\x06\x33\x06\x44\x06\x27\x06\x45\x00 \x06\x39\x06\x44\x06\x4a\x06\x43\x06\x45")
	wide.DataCoding = 8
	part := func(seq uint32, index byte, text string) *codec.SubmitSM {
		p := saying(seq, "\x05\x00\x03\x2a\x02"+string(rune(index))+text)
		p.ESMClass = codec.ESMUDHI
		return p
	}
	payload := saying(6, "")
	payload.TLVs.Add(codec.TagMessagePayload, []byte("Your code is 4711"))
	r := New(0)
	l := r.Connect(noon, "")
	record := func(dir Direction, pdus ...codec.PDU) {
		for _, p := range pdus {
			l.Record(dir, noon, wire(p))
		}
	}
	record(Out, saying(1, "Your code is 4711"), saying(2, "Hello"), wide, part(4, 1, "first a secret and"), part(5, 2, "then another secret"), payload)
	words := map[uint32][2]string{ // what the MNO says, and what may be seen of it
		1: {"Throttled by policy 17: YOUR CODE IS 4711!", "Throttled by policy 17: xxxxxxxxxxxxxxxxx!"},
		2: {"93700000001 may not get Hello", "xxxxxxxx001 may not get xxxxx"},
		3: {"Spam سلام عليكم", "Spam " + strings.Repeat("x", len("سلام عليكم"))},
		4: {"Spam: then another", "Spam: xxxxxxxxxxxx"}, // the other part
		5: {"7468656e20616e6f74686572 in hex", "xxxxxxxxxxxxxxxxxxxxxxxx in hex"},
		6: {"4711 is no code", "xxxx is no code"},
		7: {"of what nobody submitted", strings.Repeat("x", len("of what nobody submitted"))},
	}
	for seq, w := range words {
		record(In, refusing(seq, w[0]))
	}
	seen := 0
	for _, p := range r.Snapshot(codec.LastThree).PDUs {
		pdu, err := codec.Parse(p.Octets)
		resp, is := pdu.(*codec.SubmitSMResp)
		if err != nil || !is {
			continue
		}
		seen++
		want := words[resp.Sequence][1]
		if got := resp.TLVs.String(codec.TagAdditionalStatusInfoText); got != want || resp.MessageID != want {
			t.Errorf("%d: %q and %q, want %q", resp.Sequence, got, resp.MessageID, want)
		}
	}
	if seen != len(words) {
		t.Errorf("%d answers", seen)
	}
}

// Another line's submit_sm of the same number is another message; one that was cut, or is
// not there any more, may have been quoted.
func TestWordsAboutATextThatIsNotKnownAreHidden(t *testing.T) {
	long := saying(2, "")
	long.TLVs.Add(codec.TagMessagePayload, []byte(strings.Repeat("long", MaxKept)))
	r := New(leastCapacity)
	l := r.Connect(noon, "")
	l.Record(Out, noon, wire(saying(1, "Your code is 4711")))
	l.Record(Out, noon, wire(long))
	l.Record(In, noon, wire(refusing(2, "Your code is 4711")))
	other := r.Connect(noon, "")
	other.Record(In, noon, wire(refusing(1, "Your code is 4711")))
	for seq := range uint32(100) {
		l.Record(Out, noon, wire(submit(10+seq)))
		if seq == 50 {
			check(t, r)
		}
	}
	l.Record(In, noon, wire(refusing(10, "0123456789")))
	check(t, r)
}

func check(t *testing.T, r *Ring) {
	t.Helper()
	shown, err := json.Marshal(r.Snapshot(codec.LastThree))
	for _, secret := range []string{"4711", "0123", "Your"} {
		if err != nil || strings.Contains(string(shown), secret) {
			t.Errorf("%q, %v: %s", secret, err, shown)
		}
	}
}
