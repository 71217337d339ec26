package smsc

import (
	"hash/maphash"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// book remembers the accepted SMS, and which of them had come before.
//
// Without a key of the caller's, an SMS in one part is the same as an earlier
// one when destination, data_coding and text octets are equal. A part of a long
// message is the same when it repeats its place in its group (source,
// destination, reference) with equal octets; and when a whole message repeats
// an earlier one's destination and octets under another reference, all its
// parts are duplicates. So a message that is submitted again is found whether
// or not the sender drew a new reference, and two different messages that
// share a part are not confused.
type book struct {
	compact    bool
	keep       int
	key        func(*SMS) string
	onSMS      func(*SMS)
	latest     SMS // what take works on: one for all, because the caller's functions are given its address
	seed       maphash.Seed
	sms        []SMS
	byID       map[string]int
	unkept     int              // accepted beyond keep
	seen       map[uint64]int32 // hash of an SMS or whole message → index in sms, -1 if not kept
	groups     map[uint64]*group
	duplicates []Duplicate
}

// group is one long message as its parts come in.
type group struct {
	parts []uint64 // hash by index, 0 while missing
	at    []int32  // where each part is kept
	got   int
}

// Duplicate is an SMS that was accepted although it had been before.
type Duplicate struct {
	First SMS // the zero value if it is not kept
	Again SMS
	Whole bool // found when a long message was complete; Again is its last part
}

// maxDuplicates bounds the list; the counter goes on.
const maxDuplicates = 10_000

func (b *book) open(s settings) {
	b.compact, b.keep, b.key, b.onSMS = s.compact, s.keepSMS, s.key, s.onSMS
	b.seed = maphash.MakeSeed()
	b.seen = map[uint64]int32{}
	b.groups = map[uint64]*group{}
	b.byID = map[string]int{}
}

// take keeps one accepted SMS and counts it as a duplicate if it is one.
func (b *book) take(counts *Counts, sess *Session, p *codec.SubmitSM, id string, state codec.MessageState, now time.Time) Part {
	b.latest = read(p)
	m := &b.latest
	index := int32(-1)
	if !b.compact || b.key != nil || b.onSMS != nil {
		m.fill(sess, p, id, now)
	}
	if b.onSMS != nil {
		b.onSMS(m)
	}
	if !b.compact {
		if len(b.sms) < b.keep {
			m.own()
			m.State, m.DoneAt = state, now.Add(sess.conduct.receipts.after)
			index = int32(len(b.sms))
			b.sms = append(b.sms, *m)
			b.byID[id] = int(index)
		} else {
			b.unkept++
		}
	}
	first, again, n := b.repeats(m, p, index)
	if n == 0 {
		return m.Part
	}
	counts.Duplicates += n
	if len(b.duplicates) < maxDuplicates {
		d := Duplicate{Again: *m, Whole: n > 1 || again}
		if index < 0 {
			d.Again.fill(sess, p, id, now)
			d.Again.own()
		}
		if first >= 0 {
			d.First = b.sms[first]
		}
		b.duplicates = append(b.duplicates, d)
	}
	return m.Part
}

// repeats says how many SMS the one at index shows to be duplicates: itself, or
// with the last part of a message all its parts (whole).
func (b *book) repeats(m *SMS, p *codec.SubmitSM, index int32) (first int32, whole bool, n int) {
	if b.key != nil {
		k := b.key(m)
		if k == "" {
			return -1, false, 0
		}
		return b.mark(maphash.String(b.seed, k), index, 1)
	}
	var h maphash.Hash
	h.SetSeed(b.seed)
	h.WriteString(p.DestinationAddr)
	h.WriteByte(0)
	h.WriteByte(byte(p.DataCoding))
	h.Write(m.Octets)
	hash := h.Sum64()
	if !m.Part.Long() {
		return b.mark(hash, index, 1)
	}
	g, same := b.groupOf(m, p, hash)
	if same >= 0 {
		return g.at[m.Part.Index-1], false, 1
	}
	i := m.Part.Index - 1
	g.parts[i], g.at[i] = hash, index
	if g.got++; g.got < len(g.parts) {
		return -1, false, 0
	}
	h.Reset()
	for _, part := range g.parts {
		for shift := 0; shift < 64; shift += 8 {
			h.WriteByte(byte(part >> shift))
		}
	}
	first, _, n = b.mark(h.Sum64(), g.at[0], len(g.parts))
	return first, true, n
}

// mark notes a hash and says whether it was there.
func (b *book) mark(hash uint64, index int32, weigh int) (first int32, whole bool, n int) {
	if first, ok := b.seen[hash]; ok {
		return first, false, weigh
	}
	b.seen[hash] = index
	return -1, false, 0
}

// groupOf finds the group of a part, or begins one: also when the place of the
// part is taken by other octets, as the reference is then in use anew. same is
// the part's place when it is there already, else -1.
func (b *book) groupOf(m *SMS, p *codec.SubmitSM, hash uint64) (g *group, same int) {
	var h maphash.Hash
	h.SetSeed(b.seed)
	h.WriteString(p.SourceAddr)
	h.WriteByte(0)
	h.WriteString(p.DestinationAddr)
	wide := byte(0)
	if m.Part.Wide {
		wide = 1
	}
	h.Write([]byte{0, wide, byte(m.Part.Reference >> 8), byte(m.Part.Reference), m.Part.Total})
	key := h.Sum64()
	g, i := b.groups[key], int(m.Part.Index)-1
	if g != nil && g.parts[i] == hash {
		return g, i
	}
	if g == nil || g.parts[i] != 0 {
		g = &group{parts: make([]uint64, m.Part.Total), at: make([]int32, m.Part.Total)}
		b.groups[key] = g
	}
	return g, -1
}

// SMS lists what was accepted, in order, up to the number that Keep says.
func (s *Server) SMS() []SMS {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]SMS(nil), s.book.sms...)
}

// Duplicates lists the SMS that were accepted a second time, up to 10,000;
// Counts().Duplicates counts all. SameWhen replaces the rule: by default a
// second SMS has the same destination, data_coding, and text, and of a long
// message the same place; a message that repeats an earlier one whole under
// another reference is one entry here, and as many in Counts as it has parts.
func (s *Server) Duplicates() []Duplicate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Duplicate(nil), s.book.duplicates...)
}
