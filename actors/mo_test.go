package actors_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

func (r *rig) messages() (list []*contract.MoInboundEvent) {
	for _, e := range r.mem.Events(contract.SubjectMOInbound) {
		list = append(list, e.Body.(*contract.MoInboundEvent))
	}
	return list
}

// moPart is one part of a message from a subscriber, as it would be delivered.
func moPart(reference uint16, total, index uint8, text string) *codec.DeliverSM {
	head := udh.AppendConcat(nil, udh.Concat{Reference: reference, Total: total, Index: index})
	return &codec.DeliverSM{SourceAddr: "93700000009", DestinationAddr: "1234", ESMClass: codec.ESMUDHI, ShortMessage: append(head, text...)}
}

// twoBinds gives the account a second bind.
func (r *rig) twoBinds() {
	a := r.account["awcc"]
	second := a.Binds[0]
	second.Bind.Number = 2
	a.Binds = append(a.Binds, second)
}

var longMO = strings.Repeat("پښتو ", 40) // three parts

// US-SC-025: parts in any order, each twice, by every way of saying it, over two
// binds of each of two pods, are one whole event.
func TestUSSC025PartsOverTwoBindsAndTwoPods(t *testing.T) {
	for name, options := range map[string][]smsc.MOOption{
		"8-bit reference":  {smsc.Shuffled(1), smsc.Repeated()},
		"16-bit reference": {smsc.Wide(), smsc.Reversed(), smsc.Repeated()},
		"SAR":              {smsc.BySAR(), smsc.Shuffled(2), smsc.Repeated()},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.twoBinds()
				r.start()
				second := r.another()
				for i := range 20 {
					r.mno.Do(smsc.SendMO("93700000009", "1234", fmt.Sprint(longMO, i), append(options, smsc.OverTwoSessions())...))
				}
				r.after(2 * time.Minute)
				seen := map[string]int{}
				for _, m := range r.messages() {
					seen[m.GetText()]++
					if m.GetIncomplete() || m.GetPartsReceived() != m.GetPartsTotal() {
						t.Errorf("incomplete: %d of %d parts", m.GetPartsReceived(), m.GetPartsTotal())
					}
				}
				if len(seen) != 20 || len(r.messages()) != 20 {
					t.Errorf("%d events of %d messages, want 20 of 20", len(r.messages()), len(seen))
				}
				if c := r.mno.Counts(); c.MOsRefused != 0 || c.MOsAnswered != c.MOsSent {
					t.Errorf("%d of %d parts answered, %d refused", c.MOsAnswered, c.MOsSent, c.MOsRefused)
				}
				r.end(second)
			})
		})
	}
}

// US-SC-025, decisions.md 025: a restart between two parts loses neither.
func TestUSSC025ARestartLosesNoPart(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.SendPDU(moPart(7, 2, 2, "world")))
		r.after(time.Second)
		r.restart()
		r.mno.Do(smsc.SendPDU(moPart(7, 2, 1, "Hello ")))
		r.after(time.Second)
		if list := r.messages(); len(list) != 1 || list[0].GetText() != "Hello world" || list[0].GetIncomplete() || list[0].GetBindId() != "awcc.trx.1" {
			t.Errorf("%v", list)
		}
		if got := heard[event.MessageHeard](r); len(got) != 1 || got[0].Parts != 2 {
			t.Errorf("%v", got)
		}
	})
}

// US-SC-025: at the deadline what came is published as incomplete, with what is
// missing. The death of the pod that heard the first part delays that by at most 30 s.
func TestUSSC025AnUnfinishedMessageIsPublishedByAnyPod(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.SendPDU(moPart(7, 4, 2, "two ")), smsc.SendPDU(moPart(7, 4, 4, "four")))
		began := time.Now()
		r.after(time.Second)
		second := r.another()
		r.stop()
		r.after(59*time.Second - time.Since(began))
		if n := len(r.messages()); n != 0 {
			t.Errorf("%d events before the deadline", n)
		}
		r.after(31 * time.Second)
		list := r.messages()
		if len(list) != 1 || !list[0].GetIncomplete() || list[0].GetText() != "two four" || !slices.Equal(list[0].GetMissingParts(), []uint32{1, 3}) || list[0].GetPartsTotal() != 4 {
			t.Errorf("%v", list)
		}
		r.end(second)
	})
}

// The pod that has claimed a message may die before it has published it.
func TestUSSC025AClaimOfADeadPodRunsOut(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		now := time.Now()
		var arrivals []port.ConcatArrival
		for i := range uint8(2) {
			arrivals = append(arrivals, port.ConcatArrival{At: now, Window: time.Minute, Bind: r.account["awcc"].Binds[0].Bind,
				Key: port.ConcatKey{MNO: "awcc", Originator: "1", Destination: "2", Total: 2}, Part: port.ConcatPart{Index: i + 1, Body: []byte("x")}})
		}
		if kept := r.mem.Concat.Keep(t.Context(), arrivals); kept[1].Whole == nil { // by another pod, which dies here
			t.Error("not whole")
		}
		r.after(16 * time.Second)
		if list := r.messages(); len(list) != 1 || list[0].GetText() != "xx" || list[0].GetIncomplete() {
			t.Errorf("%v", list)
		}
	})
}

// decisions.md 025: Redis away: the temporary error, so that the MNO keeps the part.
// JetStream away: the parts are kept, and the message is published when it is back.
func TestUSSC025StoresThatAreAwayLoseNothing(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mem.Concat.Fail(errDown)
		r.mno.Do(smsc.SendMO("93700000009", "1234", longMO))
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.MOsAnswered != 0 || c.MOsRefused == 0 || len(r.messages()) != 0 {
			t.Errorf("%d parts answered, %d refused, %d events", c.MOsAnswered, c.MOsRefused, len(r.messages()))
		}
		r.mem.Heal()
		r.mem.Publisher.Fail(errDown)
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.MOsAnswered != 3 {
			t.Errorf("%d parts answered, want 3", c.MOsAnswered)
		}
		r.after(time.Minute)
		r.mem.Heal()
		r.after(30 * time.Second)
		if list := r.messages(); len(list) != 1 || list[0].GetText() != longMO || list[0].GetIncomplete() {
			t.Errorf("%v", list)
		}
	}, smsc.RepeatRefused(5*time.Second, 100))
}

// An MNO whose answer was lost repeats a part after its message was published.
func TestUSSC025ARepeatedPartIsNoMessage(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		one, two := moPart(7, 2, 1, "Hello "), moPart(7, 2, 2, "world")
		r.mno.Do(smsc.SendPDU(one), smsc.SendPDU(two))
		r.after(time.Second)
		r.mno.Do(smsc.SendPDU(two))
		r.after(5 * time.Minute)
		if list := r.messages(); len(list) != 1 {
			t.Errorf("%v", list)
		}
	})
}

// Issue 6, bad input: an event, or a counted and logged reason, for each; nothing vanishes.
func TestUSSC025BadPartsDoNotVanish(t *testing.T) {
	raw := func(body string) *codec.DeliverSM {
		b, _ := hex.DecodeString(body)
		return &codec.DeliverSM{SourceAddr: "93700000009", DestinationAddr: "1234", ESMClass: codec.ESMUDHI, ShortMessage: b}
	}
	var most []codec.PDU
	for i := range 255 {
		if i != 99 {
			most = append(most, moPart(9, 255, uint8(i+1), "x"))
		}
	}
	for _, c := range []struct {
		name      string
		pdus      []codec.PDU
		texts     []string // of the events, sorted
		violation string
		parts     event.PartsHeard // what is counted, beside what is added
	}{
		{"part 0", []codec.PDU{raw("050003070200" + "41")}, []string{"A"}, "concatenation", event.PartsHeard{}},
		{"a part above the total", []codec.PDU{raw("050003070203" + "41")}, []string{"A"}, "concatenation", event.PartsHeard{}},
		{"a header that lies", []codec.PDU{raw("200003070201" + "41")}, []string{" @¥ì$\u00a3A"}, "user_data_header", event.PartsHeard{}},
		{"a total that changes", []codec.PDU{moPart(7, 2, 1, "A"), moPart(7, 3, 2, "B")}, []string{"A", "B"}, "", event.PartsHeard{}},
		{"255 parts, one missing", most, []string{strings.Repeat("x", 254)}, "", event.PartsHeard{}},
		{"a reference that is used at once", []codec.PDU{moPart(7, 2, 1, "A"), moPart(7, 2, 2, "B"), moPart(7, 2, 1, "C"), moPart(7, 2, 2, "D")}, []string{"AB", "CD"}, "", event.PartsHeard{}},
		{"a reference that is used too soon", []codec.PDU{moPart(7, 2, 1, "A"), moPart(7, 2, 1, "C"), moPart(7, 2, 2, "D")}, []string{"A", "CD"}, "", event.PartsHeard{Reused: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				for _, pdu := range c.pdus {
					r.mno.Do(smsc.SendPDU(pdu))
				}
				r.after(3 * time.Minute)
				var texts []string
				for _, m := range r.messages() {
					texts = append(texts, m.GetText())
				}
				slices.Sort(texts)
				if !slices.Equal(texts, c.texts) {
					t.Errorf("texts %q, want %q", texts, c.texts)
				}
				var violations []string
				for _, v := range heard[event.ProtocolViolation](r) {
					violations = append(violations, v.What)
				}
				if strings.Join(violations, " ") != c.violation {
					t.Errorf("violations %q, want %q", violations, c.violation)
				}
				reused := 0
				for _, p := range heard[event.PartsHeard](r) {
					reused += p.Reused
				}
				if reused != c.parts.Reused {
					t.Errorf("%d references used too soon, want %d", reused, c.parts.Reused)
				}
			})
		})
	}
}

// A part that comes after its message was published as incomplete is published too.
func TestUSSC025APartThatComesTooLateIsPublished(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.SendPDU(moPart(7, 2, 1, "Hello ")))
		r.after(90 * time.Second)
		r.mno.Do(smsc.SendPDU(moPart(7, 2, 2, "world")))
		r.after(90 * time.Second)
		list := r.messages()
		if len(list) != 2 || list[0].GetText() != "Hello " || list[1].GetText() != "world" || list[0].GetId() == list[1].GetId() || !list[1].GetIncomplete() {
			t.Errorf("%v", list)
		}
		late := 0
		for _, p := range heard[event.PartsHeard](r) {
			late += p.Late
		}
		if late != 1 {
			t.Errorf("%d late parts counted", late)
		}
	})
}

// US-SC-027: the gauge of the buffer's size.
func TestUSSC027TheBufferIsMeasured(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		for i := range uint16(50) {
			r.mno.Do(smsc.SendPDU(moPart(i, 2, 1, "x")))
		}
		gauge := func() (n int) {
			r.system.Tree().EachBind(func(g port.BindGauge) { n += g.ConcatGroups })
			return n
		}
		r.after(10 * time.Second)
		if gauge() != 50 {
			t.Errorf("%d open messages are shown, want 50", gauge())
		}
		r.after(2 * time.Minute)
		if gauge() != 0 || len(r.messages()) != 50 {
			t.Errorf("%d open messages are shown, %d events", gauge(), len(r.messages()))
		}
	})
}

// Issue 4.3: what a data_coding means is the MNO's: Infobip's 1 and Vibes' 4 are GSM7,
// where SMPP has ASCII and binary.
func TestDataCodingsOfMOsAreTheMNOs(t *testing.T) {
	const at = "\x00 100\x1be" // "@ 100€" in GSM7
	inBubble(t, func(r *rig) {
		r.account["awcc"].Text = text.Options{Override: map[uint8]text.Alphabet{1: text.GSM7, 4: text.GSM7, 8: text.UCS2LE}}
		r.start()
		for coding, octets := range map[codec.DataCoding]string{1: at, 4: at, 8: "B\x00", 2: at} {
			r.mno.Do(smsc.SendPDU(&codec.DeliverSM{SourceAddr: "93700000009", DestinationAddr: "1234", DataCoding: coding, ShortMessage: []byte(octets)}))
		}
		r.after(time.Second)
		want := map[uint32]string{1: "GSM7 @ 100€", 4: "GSM7 @ 100€", 8: "UCS2 B", 2: "BINARY "}
		for _, m := range r.messages() {
			if got := m.GetEncoding() + " " + m.GetText(); got != want[m.GetDataCoding()] {
				t.Errorf("data_coding %d is read %q, want %q", m.GetDataCoding(), got, want[m.GetDataCoding()])
			}
			delete(want, m.GetDataCoding())
		}
		if len(want) > 0 {
			t.Errorf("no event for %v", want)
		}
	})
}
