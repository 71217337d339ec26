package smsc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// moPlan is how a message from a subscriber is sent.
type moPlan struct {
	wide, sar, payload bool
	reversed, repeated bool
	shuffle            *rand.Rand
	without            int // part that never comes, from 1; 0: none
	overTwo            bool
}

// MOOption is one property of SendMO.
type MOOption struct {
	sentence string
	set      func(*moPlan)
}

// SendMO sends a message from a subscriber on the newest bound session that can
// receive, in GSM7 or UCS2 as its text wants, and in parts with a user data
// header of an 8-bit reference when it is long. The options say otherwise.
func SendMO(from, to, text string, options ...MOOption) Step {
	words := make([]string, len(options))
	var plan moPlan
	for i, o := range options {
		words[i] = " " + o.sentence
		o.set(&plan)
	}
	return act(fmt.Sprintf("send mo from %s to %s %q%s", from, to, text, strings.Join(words, "")), func(s *Server, sess *Session) {
		if sess == nil || sess.account == nil {
			return // nobody is bound
		}
		s.sendMO(sess, from, to, text, plan)
	})
}

// Wide gives the parts a 16-bit reference (UDH 0x08).
func Wide() MOOption { return MOOption{"wide", func(p *moPlan) { p.wide = true }} }

// BySAR gives the parts sar_* TLVs in place of a user data header.
func BySAR() MOOption { return MOOption{"by sar", func(p *moPlan) { p.sar = true }} }

// AsPayload sends the whole text in one PDU with message_payload.
func AsPayload() MOOption { return MOOption{"as payload", func(p *moPlan) { p.payload = true }} }

// Reversed sends the last part first.
func Reversed() MOOption { return MOOption{"reversed", func(p *moPlan) { p.reversed = true }} }

// Shuffled sends the parts in an order drawn with seed.
func Shuffled(seed uint64) MOOption {
	return MOOption{fmt.Sprintf("shuffled seed %d", seed), func(p *moPlan) { p.shuffle = rand.New(rand.NewPCG(seed, 5)) }}
}

// Repeated sends every part twice.
func Repeated() MOOption { return MOOption{"repeated", func(p *moPlan) { p.repeated = true }} }

// WithoutPart leaves part n, from 1, out: it never comes.
func WithoutPart(n int) MOOption {
	return MOOption{fmt.Sprintf("without part %d", n), func(p *moPlan) { p.without = n }}
}

// OverTwoSessions sends every second part over another session of the account,
// where there is one.
func OverTwoSessions() MOOption {
	return MOOption{"over two sessions", func(p *moPlan) { p.overTwo = true }}
}

// sendMO plans the deliver_sms and delivers them. What is no UTF-8 cannot be an
// SMS; a script that says so is wrong, and panics.
func (s *Server) sendMO(sess *Session, from, to, text string, plan moPlan) {
	split, err := segment.Split(text, segment.Auto, segment.Rule{Wide: plan.wide, MaxParts: -1})
	if err != nil {
		panic(fmt.Sprintf("smsc: SendMO: %v", err))
	}
	s.counts.MOs++
	s.moReference++
	parts := s.moParts(split, from, to, plan)
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	if plan.reversed {
		slices.Reverse(order)
	}
	if plan.shuffle != nil {
		plan.shuffle.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	other := s.sibling(sess)
	for turn, i := range order {
		if i+1 == plan.without {
			continue
		}
		on := sess
		if plan.overTwo && turn%2 == 1 && other != nil {
			on = other
		}
		copies := 1
		if plan.repeated {
			copies = 2
		}
		for range copies {
			sess.account.open++
			sess.account.push(&delivery{account: sess.account, mo: codec.Clone(parts[i]), on: on})
		}
	}
	sess.account.pump()
}

// sibling is another session of the account that can receive, or nil.
func (s *Server) sibling(sess *Session) *Session {
	for _, other := range sess.account.receivers {
		if other != sess && other.receives() {
			return other
		}
	}
	return nil
}

func (s *Server) moParts(split segment.Plan, from, to string, plan moPlan) []codec.PDU {
	coding := codec.DataCoding(0)
	if split.Encoding == segment.UCS2 {
		coding = 0x08
	}
	base := codec.DeliverSM{SourceAddrTON: 1, SourceAddrNPI: 1, SourceAddr: from, DestAddrTON: 3, DestinationAddr: to, DataCoding: coding}
	if plan.payload {
		base.TLVs.Add(codec.TagMessagePayload, slices.Concat(split.Parts...))
		return []codec.PDU{&base}
	}
	total := uint8(len(split.Parts))
	list := make([]codec.PDU, total)
	for i, octets := range split.Parts {
		p := base
		switch {
		case total == 1:
			p.ShortMessage = octets
		case plan.sar:
			p.ShortMessage = octets
			p.TLVs = codec.TLVs{}
			p.TLVs.AddUint16(codec.TagSARMsgRefNum, s.moReference)
			p.TLVs.AddUint8(codec.TagSARTotalSegments, total)
			p.TLVs.AddUint8(codec.TagSARSegmentSeqnum, uint8(i+1))
		default:
			reference := s.moReference
			if !plan.wide {
				reference &= 0xFF
			}
			head := udh.AppendConcat(nil, udh.Concat{Reference: reference, Wide: plan.wide, Total: total, Index: uint8(i + 1)})
			p.ShortMessage = append(head, octets...)
			p.ESMClass = codec.ESMUDHI
		}
		list[i] = &p
	}
	return list
}
