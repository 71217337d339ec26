package concat

import (
	"bytes"
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// Slot is what a store keeps under one key: the messages that are not published,
// the oldest first, and what is remembered of the last one that was.
//
// A sender who uses a reference again does so after the message before: parts go
// to the youngest message, and an older one that is not whole is due at once.
type Slot struct {
	Open   []Held
	Last   map[uint8]uint64 // digests of the parts that were published last, by index
	Forget time.Time        // when Last is forgotten
}

// Held is a message with its claim.
type Held struct {
	port.ConcatGroup
	Due     time.Time // when somebody may claim it
	Claimed bool      // somebody has, so that its parts are those that it has
}

// Put takes a part in. whole is the message that it completed, claimed; changed
// is false when there is nothing to store.
func (s *Slot) Put(a *port.ConcatArrival) (outcome port.ConcatOutcome, whole *port.ConcatGroup, changed bool) {
	s.forget(a.At)
	if n := len(s.Open); n > 0 {
		young := &s.Open[n-1]
		at, there := slices.BinarySearchFunc(young.Parts, a.Part.Index, func(p port.ConcatPart, index uint8) int { return cmp.Compare(p.Index, index) })
		switch {
		case there && Same(&young.Parts[at], &a.Part):
			return port.PartRepeated, nil, false
		case there && !young.Claimed && s.remembered(&young.Parts[at]) == port.PartRepeated:
			young.Parts[at] = a.Part // the one that was there was a copy of the message before
			young.TLVs = joined(young.TLVs, a.TLVs)
			return port.PartAdded, s.complete(a.At), true
		case there && young.Claimed && Whole(&young.ConcatGroup): // it is being published, and the reference is free
		case there:
			outcome = port.PartReused
			if !young.Claimed {
				young.Due, young.Claimed = a.At, true
			}
		case young.Claimed:
			outcome = port.PartLate
		default:
			young.Parts = slices.Insert(young.Parts, at, a.Part)
			young.TLVs = joined(young.TLVs, a.TLVs)
			return s.remembered(&a.Part), s.complete(a.At), true
		}
	} else {
		outcome = s.remembered(&a.Part)
	}
	deadline := a.At.Add(a.Window)
	s.Open = append(s.Open, Held{Due: deadline,
		ConcatGroup: port.ConcatGroup{Key: a.Key, Bind: a.Bind, Since: a.At, Deadline: deadline, Parts: []port.ConcatPart{a.Part}, TLVs: joined(nil, a.TLVs)}})
	return outcome, s.complete(a.At), true
}

// joined are the TLVs of parts, those of one part more among them whose tag no other had.
func joined(have, more codec.TLVs) codec.TLVs {
	for _, t := range more {
		if _, known := have.Get(t.Tag); !known && len(have) < port.MostConcatTLVs {
			have = append(have, t)
		}
	}
	return have
}

// remembered is the outcome of a part in the light of the message published last.
func (s *Slot) remembered(p *port.ConcatPart) port.ConcatOutcome {
	digest, known := s.Last[p.Index]
	switch {
	case known && digest == Digest(p):
		return port.PartRepeated
	case s.Last != nil && !known:
		return port.PartLate
	}
	return port.PartAdded
}

// complete claims the youngest message if it is whole.
func (s *Slot) complete(now time.Time) *port.ConcatGroup {
	h := &s.Open[len(s.Open)-1]
	if !Whole(&h.ConcatGroup) {
		return nil
	}
	h.Claimed = true
	h.Due = now.Add(port.ConcatClaim)
	return s.told(h)
}

// Claim returns the messages that are due, and claims them.
func (s *Slot) Claim(now time.Time) (due []port.ConcatGroup) {
	s.forget(now)
	for i := range s.Open {
		if h := &s.Open[i]; !h.Due.After(now) {
			h.Claimed = true
			h.Due = now.Add(port.ConcatClaim)
			due = append(due, *s.told(h))
		}
	}
	return due
}

// Published lets a message go and remembers its parts; false: it has gone.
func (s *Slot) Published(g *port.ConcatGroup, now time.Time) bool {
	at := slices.IndexFunc(s.Open, func(h Held) bool { return h.Since.Equal(g.Since) && h.Deadline.Equal(g.Deadline) })
	if at < 0 {
		return false
	}
	s.Forget = now.Add(port.ConcatRemembered)
	if !g.Echo || s.Last == nil { // an echo is perhaps not all of what was published
		s.Last = map[uint8]uint64{}
	}
	for i := range s.Open[at].Parts {
		p := &s.Open[at].Parts[i]
		s.Last[p.Index] = Digest(p)
	}
	s.Open = slices.Delete(s.Open, at, at+1)
	return true
}

// Empty reports whether there is nothing left to store.
func (s *Slot) Empty() bool { return len(s.Open) == 0 && s.Last == nil }

func (s *Slot) forget(now time.Time) {
	if s.Last != nil && !s.Forget.After(now) {
		s.Last = nil
	}
}

// told is a message as the caller gets it.
func (s *Slot) told(h *Held) *port.ConcatGroup {
	g := h.ConcatGroup
	g.Parts = slices.Clone(g.Parts)
	g.Echo = s.Last != nil && !slices.ContainsFunc(g.Parts, func(p port.ConcatPart) bool {
		digest, known := s.Last[p.Index]
		return !known || digest != Digest(&p)
	})
	return &g
}

// Same reports whether two parts hold the same.
func Same(a, b *port.ConcatPart) bool {
	return a.DataCoding == b.DataCoding && bytes.Equal(a.Header, b.Header) && bytes.Equal(a.Body, b.Body)
}

// Digest tells parts of one index from each other.
func Digest(p *port.ConcatPart) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte{p.DataCoding, byte(len(p.Header))})
	_, _ = h.Write(p.Header)
	_, _ = h.Write(p.Body)
	return h.Sum64()
}
