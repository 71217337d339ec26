package contract

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// concatTTL is the default concat_window_seconds (US-SC-025).
const concatTTL = 60 * time.Second

// ConcatStore asks of a store what port.ConcatStore promises (US-SC-025).
func ConcatStore(t *testing.T, open func(t *testing.T) port.ConcatStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, port.ConcatStore)
	}{
		{"parts gather, by index, and the last brings them all", concatGathers},
		{"many parts in one call", concatBatch},
		{"a repeated part is kept once", concatRepeats},
		{"every field of the key counts", concatKeys},
		{"the TLVs of parts come together", concatTLVs},
		{"the TLVs of two messages under one key stay apart", concatTLVsApart},
		{"odd addresses are kept apart", concatOddAddresses},
		{"headers, empty and binary bodies", concatBodies},
		{"a claim holds for its time", concatClaims},
		{"one of many claims a message", concatClaimOnce},
		{"parts over many binds at once complete a message once", concatConcurrent},
		{"messages are due at their deadline", concatDue},
		{"many messages are due", concatManyDue},
		{"what the MNO repeats of a published message is an echo", concatEcho},
		{"the reference of a published message is used at once", concatReferenceAgain},
		{"the reference of a message that is being published is used", concatWhilePublished},
		{"the reference of an unfinished message is used again", concatReused},
		{"a part that comes too late begins another message", concatLate},
		{"open messages are counted by bind", concatOpen},
		{"255 parts", concatLargest},
		{"a context that has ended", concatCancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// concatKey is the key of an inbound message that no other test has.
func concatKey(t *testing.T, total uint8) port.ConcatKey {
	t.Helper()
	return port.ConcatKey{MNO: unique(t), Originator: "93700123456", Destination: "8080", Reference: 77, Total: total}
}

// concatAt is when parts come: not at a whole millisecond.
func concatAt() time.Time { return submittedAt().Add(123_457) }

func concatBind(key port.ConcatKey) port.BindID {
	return port.BindID{MNO: key.MNO, Direction: port.TRX, Number: 1}
}

func concatPart(index uint8, body string) port.ConcatPart {
	return port.ConcatPart{Index: index, DataCoding: 8, Body: []byte(body)}
}

// keep keeps one part, heard at now.
func keep(t *testing.T, s port.ConcatStore, key port.ConcatKey, part port.ConcatPart, now time.Time) port.ConcatKept {
	t.Helper()
	kept := s.Keep(within(t), []port.ConcatArrival{{Key: key, Part: part, Bind: concatBind(key), At: now, Window: concatTTL}})
	if len(kept) != 1 || kept[0].Err != nil {
		t.Fatalf("Keep part %d: %+v", part.Index, kept)
	}
	return kept[0]
}

// want keeps a part and asks for its outcome; the message that it completes must
// have these bodies, in order; none: it completes none.
func want(t *testing.T, s port.ConcatStore, key port.ConcatKey, index uint8, body string, now time.Time, outcome port.ConcatOutcome, bodies ...string) *port.ConcatGroup {
	t.Helper()
	kept := keep(t, s, key, concatPart(index, body), now)
	if kept.Outcome != outcome || (kept.Whole != nil) != (len(bodies) > 0) {
		t.Fatalf("part %d %q: outcome %d, whole %v; want %d, %v", index, body, kept.Outcome, kept.Whole != nil, outcome, len(bodies) > 0)
	}
	if kept.Whole != nil {
		holds(t, kept.Whole, bodies...)
	}
	return kept.Whole
}

func holds(t *testing.T, g *port.ConcatGroup, bodies ...string) {
	t.Helper()
	var got []string
	for _, p := range g.Parts {
		got = append(got, string(p.Body))
	}
	if !slices.Equal(got, bodies) {
		t.Errorf("the message holds %q, want %q", got, bodies)
	}
}

func published(t *testing.T, s port.ConcatStore, now time.Time, groups ...port.ConcatGroup) {
	t.Helper()
	if err := s.Published(within(t), now, groups); err != nil {
		t.Fatalf("Published: %v", err)
	}
}

// claim claims what is due of one MNO, in any order of calls.
func claim(t *testing.T, s port.ConcatStore, mno string, now time.Time) (all []port.ConcatGroup) {
	t.Helper()
	for {
		groups, _, err := s.Claim(within(t), now, func(name string) bool { return name == mno })
		if err != nil {
			t.Fatalf("Claim: %v", err)
		}
		if len(groups) == 0 {
			return all
		}
		all = append(all, groups...)
	}
}

func concatGathers(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), concatAt()
	want(t, s, key, 3, "c", now, port.PartAdded)
	want(t, s, key, 1, "a", now.Add(time.Second), port.PartAdded)
	g := want(t, s, key, 2, "b", now.Add(2*time.Second), port.PartAdded, "a", "b", "c")
	if g.Key != key || g.Bind != concatBind(key) || !g.Since.Equal(now) || !g.Deadline.Equal(now.Add(concatTTL)) || g.Echo {
		t.Errorf("%+v; want what its first part had", g)
	}
	for i, p := range g.Parts {
		if int(p.Index) != i+1 || p.DataCoding != 8 {
			t.Errorf("part %d: index %d, data_coding %d", i+1, p.Index, p.DataCoding)
		}
	}
	published(t, s, now, *g)
	if due := claim(t, s, key.MNO, now.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d messages are due after the only one was published", len(due))
	}
}

func concatBatch(t *testing.T, s port.ConcatStore) {
	base, now := concatKey(t, 2), concatAt()
	var arrivals []port.ConcatArrival
	const messages = 100
	for index := range uint8(2) {
		for i := range uint16(messages) {
			key := base
			key.Reference, key.Wide = i, true
			arrivals = append(arrivals, port.ConcatArrival{Key: key, Part: concatPart(index+1, fmt.Sprint(i)), Bind: concatBind(key), At: now, Window: concatTTL})
		}
	}
	whole := 0
	for i, kept := range s.Keep(within(t), arrivals) {
		if kept.Err != nil {
			t.Fatal(kept.Err)
		}
		if kept.Whole != nil {
			whole++
			holds(t, kept.Whole, fmt.Sprint(i%messages), fmt.Sprint(i%messages))
		}
	}
	if whole != messages {
		t.Errorf("%d of %d messages became whole", whole, messages)
	}
}

func concatRepeats(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	want(t, s, key, 1, "first", now, port.PartAdded)
	want(t, s, key, 1, "first", now.Add(time.Second), port.PartRepeated)
	want(t, s, key, 2, "second", now.Add(time.Second), port.PartAdded, "first", "second")
	want(t, s, key, 2, "second", now.Add(2*time.Second), port.PartRepeated) // it is being published
}

func concatKeys(t *testing.T, s port.ConcatStore) {
	base, now := concatKey(t, 2), concatAt()
	keys := []port.ConcatKey{base}
	for _, change := range []func(*port.ConcatKey){
		func(k *port.ConcatKey) { k.MNO += "x" },
		func(k *port.ConcatKey) { k.Originator = "93700123457" },
		func(k *port.ConcatKey) { k.Destination = "8081" },
		func(k *port.ConcatKey) { k.Reference = 78 },
		func(k *port.ConcatKey) { k.Wide = true },
		func(k *port.ConcatKey) { k.Total = 3 },
	} {
		k := base
		change(&k)
		keys = append(keys, k)
	}
	for _, key := range keys {
		want(t, s, key, 1, "x", now, port.PartAdded)
	}
}

// keepTLVs keeps one part that carries TLVs.
func keepTLVs(t *testing.T, s port.ConcatStore, key port.ConcatKey, index uint8, body string, now time.Time, tlvs ...codec.TLV) port.ConcatKept {
	t.Helper()
	kept := s.Keep(within(t), []port.ConcatArrival{{Key: key, Part: concatPart(index, body), TLVs: tlvs, Bind: concatBind(key), At: now, Window: concatTTL}})
	if len(kept) != 1 || kept[0].Err != nil {
		t.Fatalf("Keep part %d: %+v", index, kept)
	}
	return kept[0]
}

// carries holds a message to its TLVs, as TAG=value.
func carries(t *testing.T, g *port.ConcatGroup, want ...string) {
	t.Helper()
	var got []string
	for _, tlv := range g.TLVs {
		got = append(got, fmt.Sprintf("%04x=%s", uint16(tlv.Tag), tlv.Value))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the message carries %q, want %q", got, want)
	}
}

// Of each tag the first that came counts, whichever part brought it; a message that is due
// with a part missing has them too, and whoever claims it after another.
func concatTLVs(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), concatAt()
	keepTLVs(t, s, key, 2, "b", now, codec.TLV{Tag: 0x1403, Value: []byte("41201")}, codec.TLV{Tag: 0x0204, Value: []byte{0, 1, 0xFF}})
	keepTLVs(t, s, key, 2, "b", now, codec.TLV{Tag: 0x1500, Value: []byte("a copy's")}) // which is not kept
	keepTLVs(t, s, key, 1, "a", now, codec.TLV{Tag: 0x1403, Value: []byte("41220")}, codec.TLV{Tag: 0x1400})
	kept := keepTLVs(t, s, key, 3, "c", now)
	if kept.Whole == nil {
		t.Fatal("not whole")
	}
	want := []string{"0204=\x00\x01\xff", "1400=", "1403=41201"}
	carries(t, kept.Whole, want...)
	later := now.Add(port.ConcatClaim)
	due := claim(t, s, key.MNO, later)
	if len(due) != 1 {
		t.Fatalf("%d messages are due after the claim", len(due))
	}
	carries(t, &due[0], want...)
	published(t, s, later, due...)

	key.Reference++
	keepTLVs(t, s, key, 1, "a", now, codec.TLV{Tag: 0x1403, Value: []byte("41201")})
	if due = claim(t, s, key.MNO, now.Add(concatTTL)); len(due) != 1 {
		t.Fatalf("%d messages are due at the deadline", len(due))
	}
	carries(t, &due[0], "1403=41201")

	key.Reference++
	for index := range uint8(3) {
		var tlvs []codec.TLV
		for i := range 20 {
			tlvs = append(tlvs, codec.TLV{Tag: codec.Tag(0x1400 + int(index)<<8 + i), Value: []byte("x")})
		}
		kept = keepTLVs(t, s, key, index+1, "x", now, tlvs...)
	}
	if kept.Whole == nil || len(kept.Whole.TLVs) != port.MostConcatTLVs {
		t.Errorf("%+v; want %d TLVs of 60", kept, port.MostConcatTLVs)
	}
}

func concatTLVsApart(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	first := codec.TLV{Tag: 0x1403, Value: []byte("first")}
	keepTLVs(t, s, key, 1, "a", now, first)
	kept := keepTLVs(t, s, key, 1, "A", now.Add(time.Second), codec.TLV{Tag: 0x1500, Value: []byte("second")}) // the reference is in use again
	if kept.Outcome != port.PartReused {
		t.Fatalf("outcome %d", kept.Outcome)
	}
	kept = keepTLVs(t, s, key, 2, "B", now.Add(time.Second))
	if kept.Whole == nil {
		t.Fatal("not whole")
	}
	carries(t, kept.Whole, "1500=second")
	published(t, s, now, *kept.Whole)
	due := claim(t, s, key.MNO, now.Add(2*time.Second))
	if len(due) != 1 {
		t.Fatalf("%d messages are due", len(due))
	}
	carries(t, &due[0], "1403=first")
	published(t, s, now, due...)
	keep(t, s, key, concatPart(1, "x"), now.Add(3*time.Second))
	if kept := keep(t, s, key, concatPart(2, "y"), now.Add(3*time.Second)); kept.Whole == nil || kept.Whole.TLVs != nil {
		t.Errorf("%+v; want a message without TLVs", kept.Whole)
	}
}

func concatOddAddresses(t *testing.T, s port.ConcatStore) {
	base, now := concatKey(t, 2), concatAt()
	addresses := append([]string{""}, oddIDs()...) // an empty source_addr is legal, SMPP 3.4 §5.2.8
	for _, address := range addresses {
		key := base
		key.Originator = address
		want(t, s, key, 1, address, now, port.PartAdded)
	}
	// What separates the fields must not be found inside them.
	one, two := base, base
	one.Originator, one.Destination = "1:2", "3"
	two.Originator, two.Destination = "1", "2:3"
	want(t, s, one, 1, "x", now, port.PartAdded)
	want(t, s, two, 1, "x", now, port.PartAdded)
	for _, g := range claim(t, s, base.MNO, now.Add(concatTTL)) {
		if g.Key.Originator != string(g.Parts[0].Body) && len(g.Parts[0].Body) != 1 {
			t.Errorf("the message of %q came back under %q", g.Parts[0].Body, g.Key.Originator)
		}
	}
}

func concatBodies(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), concatAt()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	header := []byte{11, 5, 4, 0x0b, 0x84, 0x23, 0xf0, 0, 3, 77, 3, 2}
	keep(t, s, key, port.ConcatPart{Index: 1, Body: every}, now)
	keep(t, s, key, port.ConcatPart{Index: 2, DataCoding: 4, Header: header}, now)
	kept := keep(t, s, key, port.ConcatPart{Index: 3, DataCoding: 8, Header: header[:0], Body: []byte("x")}, now)
	if kept.Whole == nil {
		t.Fatal("not whole")
	}
	p := kept.Whole.Parts
	if !bytes.Equal(p[0].Body, every) || len(p[0].Header) != 0 || !bytes.Equal(p[1].Header, header) || len(p[1].Body) != 0 ||
		p[1].DataCoding != 4 || len(p[2].Header) != 0 || string(p[2].Body) != "x" {
		t.Errorf("parts came back changed: %+v", p)
	}
}

// Whoever claims a message has it to himself; when he dies, the next one has it.
func concatClaims(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	want(t, s, key, 1, "a", now, port.PartAdded)
	whole := want(t, s, key, 2, "b", now, port.PartAdded, "a", "b")
	if due := claim(t, s, key.MNO, now.Add(port.ConcatClaim-time.Second)); len(due) != 0 {
		t.Errorf("%d messages are due while the claim holds", len(due))
	}
	later := now.Add(port.ConcatClaim)
	due := claim(t, s, key.MNO, later)
	if len(due) != 1 || !due[0].Since.Equal(whole.Since) {
		t.Fatalf("%d messages are due after the claim", len(due))
	}
	holds(t, &due[0], "a", "b")
	published(t, s, later, due...)
	published(t, s, later, *whole) // the first has not died after all
	if due := claim(t, s, key.MNO, now.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d messages are due after it was published", len(due))
	}
}

func concatClaimOnce(t *testing.T, s port.ConcatStore) {
	const pods = 16
	for round := range 5 {
		key, now := concatKey(t, 2), concatAt()
		want(t, s, key, 1, "x", now, port.PartAdded)
		var wins atomic.Int32
		var all sync.WaitGroup
		for range pods {
			all.Go(func() {
				groups, _, err := s.Claim(within(t), now.Add(concatTTL), func(mno string) bool { return mno == key.MNO })
				if err != nil {
					t.Errorf("Claim: %v", err)
				}
				wins.Add(int32(len(groups)))
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Fatalf("round %d: %d of %d pods claimed the message, want exactly one", round, wins.Load(), pods)
		}
	}
}

func concatConcurrent(t *testing.T, s port.ConcatStore) {
	const parts = 16
	key, now := concatKey(t, parts), concatAt()
	var whole atomic.Int32
	var binds sync.WaitGroup
	for i := range uint8(parts) {
		binds.Go(func() {
			for range 2 { // each repeats it
				kept := s.Keep(within(t), []port.ConcatArrival{{Key: key, Part: concatPart(i+1, fmt.Sprint(i+1)), Bind: concatBind(key), At: now, Window: concatTTL}})
				if kept[0].Err != nil {
					t.Errorf("Keep part %d: %v", i+1, kept[0].Err)
				}
				if g := kept[0].Whole; g != nil {
					whole.Add(1)
					if len(g.Parts) != parts {
						t.Errorf("%d parts", len(g.Parts))
					}
				}
			}
		})
	}
	binds.Wait()
	if whole.Load() != 1 {
		t.Errorf("%d calls completed the message, want exactly one", whole.Load())
	}
}

func concatDue(t *testing.T, s port.ConcatStore) {
	now := concatAt()
	early := concatKey(t, 3)
	late := early
	late.Reference++
	want(t, s, early, 2, "early", now, port.PartAdded)
	want(t, s, early, 3, "too", now.Add(20*time.Second), port.PartAdded) // the first part sets the deadline
	want(t, s, late, 1, "late", now.Add(10*time.Second), port.PartAdded)

	deadline := now.Add(concatTTL)
	if due := claim(t, s, early.MNO, deadline.Add(-time.Millisecond)); len(due) != 0 {
		t.Errorf("%d messages are due before their deadline", len(due))
	}
	if due := claim(t, s, "another", deadline.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d messages of an MNO that was not asked for", len(due))
	}
	due := claim(t, s, early.MNO, deadline)
	if len(due) != 1 || due[0].Key != early || !due[0].Deadline.Equal(deadline) {
		t.Fatalf("%d messages are due at the first deadline, want the first one", len(due))
	}
	holds(t, &due[0], "early", "too")
	published(t, s, deadline, due...)
	if due = claim(t, s, early.MNO, deadline.Add(time.Minute)); len(due) != 1 || due[0].Key != late {
		t.Errorf("%d messages are due a minute later, want the other one", len(due))
	}
}

func concatManyDue(t *testing.T, s port.ConcatStore) {
	const n = 1500
	base, now := concatKey(t, 2), concatAt()
	var arrivals []port.ConcatArrival
	for i := range uint16(n) {
		key := base
		key.Reference, key.Wide = i, true
		arrivals = append(arrivals, port.ConcatArrival{Key: key, Part: concatPart(1, "x"), Bind: concatBind(key), At: now, Window: concatTTL})
	}
	for _, kept := range s.Keep(within(t), arrivals) {
		if kept.Err != nil {
			t.Fatal(kept.Err)
		}
	}
	due := claim(t, s, base.MNO, now.Add(concatTTL))
	if len(due) != n {
		t.Errorf("%d of %d messages are due", len(due), n)
	}
	published(t, s, now.Add(concatTTL), due...)
}

// An MNO whose answer was lost repeats a part of a message that has been published.
func concatEcho(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	want(t, s, key, 1, "a", now, port.PartAdded)
	published(t, s, now, *want(t, s, key, 2, "b", now, port.PartAdded, "a", "b"))
	want(t, s, key, 2, "b", now.Add(time.Second), port.PartRepeated)
	due := claim(t, s, key.MNO, now.Add(time.Second+concatTTL))
	if len(due) != 1 || !due[0].Echo {
		t.Fatalf("%+v: want one echo", due)
	}
	published(t, s, now.Add(concatTTL+time.Second), due...)
	whole := now.Add(2 * time.Minute)
	want(t, s, key, 1, "a", whole, port.PartRepeated)
	if g := want(t, s, key, 2, "b", whole, port.PartRepeated, "a", "b"); !g.Echo {
		t.Error("a message that was repeated as a whole is no echo")
	} else {
		published(t, s, whole, *g)
	}
}

// A sender who uses a reference at once, with a text that begins alike.
func concatReferenceAgain(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	want(t, s, key, 1, "Dear customer, ", now, port.PartAdded)
	published(t, s, now, *want(t, s, key, 2, "yes", now, port.PartAdded, "Dear customer, ", "yes"))
	want(t, s, key, 1, "Dear customer, ", now, port.PartRepeated)
	if g := want(t, s, key, 2, "no", now, port.PartAdded, "Dear customer, ", "no"); g.Echo {
		t.Error("a message with another end is an echo")
	} else {
		published(t, s, now, *g)
	}
	// A copy of the last part comes before the next message, which has another.
	want(t, s, key, 2, "no", now, port.PartRepeated)
	want(t, s, key, 2, "perhaps", now, port.PartAdded)
	want(t, s, key, 1, "Dear customer, ", now, port.PartRepeated, "Dear customer, ", "perhaps")
}

// Two messages under one key, heard in one read: each is itself.
func concatWhilePublished(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	want(t, s, key, 1, "a1", now, port.PartAdded)
	want(t, s, key, 2, "a2", now.Add(1), port.PartAdded, "a1", "a2")
	want(t, s, key, 1, "b1", now.Add(2), port.PartAdded)
	second := want(t, s, key, 2, "b2", now.Add(3), port.PartAdded, "b1", "b2")
	published(t, s, now, *second) // and the first could not be published
	due := claim(t, s, key.MNO, now.Add(port.ConcatClaim+time.Second))
	if len(due) != 1 || due[0].Echo {
		t.Fatalf("%+v: want the first message", due)
	}
	holds(t, &due[0], "a1", "a2")
	published(t, s, now, due...)
}

// The message before is not waited for any longer, and is published as it is.
func concatReused(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), concatAt()
	want(t, s, key, 1, "a1", now, port.PartAdded)
	want(t, s, key, 2, "a2", now, port.PartAdded)
	later := now.Add(time.Second)
	want(t, s, key, 1, "b1", later, port.PartReused)
	want(t, s, key, 2, "b2", later, port.PartAdded)
	g := want(t, s, key, 3, "b3", later, port.PartAdded, "b1", "b2", "b3")
	due := claim(t, s, key.MNO, later)
	if len(due) != 1 || due[0].Echo || !due[0].Since.Equal(now) || due[0].Key != key {
		t.Fatalf("%+v: want the message before, at once", due)
	}
	holds(t, &due[0], "a1", "a2")
	published(t, s, later, due[0], *g)
	if due := claim(t, s, key.MNO, now.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%d messages are due after both were published", len(due))
	}
}

func concatLate(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), concatAt()
	want(t, s, key, 1, "a", now, port.PartAdded)
	deadline := now.Add(concatTTL)
	due := claim(t, s, key.MNO, deadline)
	want(t, s, key, 2, "b", deadline, port.PartLate)  // while it is published
	want(t, s, key, 1, "a", deadline, port.PartAdded) // of the younger one now
	published(t, s, deadline, due...)
	again := claim(t, s, key.MNO, deadline.Add(port.ConcatClaim)) // by a store that lost sight of it
	for _, g := range again {
		if !g.Since.Equal(now) {
			t.Errorf("%+v is due before its deadline", g)
		}
	}
	published(t, s, deadline, again...)
	want(t, s, key, 3, "c", deadline.Add(time.Second), port.PartLate, "a", "b", "c")
}

func concatOpen(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), concatAt()
	other := key
	other.Reference++
	count := func() int {
		_, open, err := s.Claim(within(t), now, func(mno string) bool { return mno == key.MNO })
		if err != nil {
			t.Fatal(err)
		}
		return open[concatBind(key)]
	}
	want(t, s, key, 1, "a", now, port.PartAdded)
	want(t, s, other, 1, "a", now, port.PartAdded)
	if n := count(); n != 2 {
		t.Errorf("%d open messages, want 2", n)
	}
	published(t, s, now, *want(t, s, key, 2, "b", now, port.PartAdded, "a", "b"))
	if n := count(); n != 1 {
		t.Errorf("%d open messages, want 1", n)
	}
	published(t, s, now, claim(t, s, key.MNO, now.Add(concatTTL))...)
	if n := count(); n != 0 {
		t.Errorf("%d open messages, want none", n)
	}
}

func concatLargest(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 255), concatAt()
	var kept port.ConcatKept
	for i := range 255 {
		kept = keep(t, s, key, port.ConcatPart{Index: uint8(i + 1), Body: bytes.Repeat([]byte{byte(i)}, 134)}, now)
	}
	if kept.Whole == nil {
		t.Fatal("255 of 255 parts are not whole")
	}
	for i, p := range kept.Whole.Parts {
		if int(p.Index) != i+1 || len(p.Body) != 134 || p.Body[0] != byte(i) {
			t.Fatalf("part %d came back as part %d with %d octets", i+1, p.Index, len(p.Body))
		}
	}
}

func concatCancelled(t *testing.T, s port.ConcatStore) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := concatKey(t, 2)
	if kept := s.Keep(ctx, []port.ConcatArrival{{Key: key, Part: concatPart(1, "x"), Bind: concatBind(key), At: concatAt(), Window: concatTTL}}); kept[0].Err == nil {
		t.Error("Keep with a context that has ended reports success")
	}
}
