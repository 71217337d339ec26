package recorder

import (
	"strings"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// An MNO may say in an answer why it has refused an SMS, in words, and repeat its text in
// them. So of words that text is hidden which the ring still has the submit_sm of; of words
// about a text that is not known, all is.

// submits are the texts that went out and may be answered.
type submits map[submitKey]*message

type submitKey struct {
	connection, sequence uint32
}

// message is what is known of the text of a message: the parts that the ring has.
type message struct {
	parts []body
	text  *quote.Text // of the parts; nil: it is not made yet
}

// body is a text in a PDU, without the user data header that stood before it.
type body struct {
	header udh.Header
	octets []byte
}

// partKey tells the parts of one message from others on a line. Numbers come again after
// some hundred messages: then those of both are one, and what repeats either is hidden.
type partKey struct {
	connection uint32
	recipient  string
	concat     udh.Concat // but for the part's index
}

// remember keeps what a submit_sm says, if octets are a whole one.
func (a *assembly) remember(connection uint32, octets []byte) {
	pdu, _, problem := parse(octets)
	p, is := pdu.(*codec.SubmitSM)
	if !is || problem != codec.NoProblem {
		return
	}
	bodies := bodiesOf(p)
	m := &message{}
	if concat := placeOf(p, bodies); concat.Valid() {
		concat.Index = 0
		key := partKey{connection, p.DestinationAddr, concat}
		if a.parts[key] == nil {
			a.parts[key] = m
		}
		m = a.parts[key]
	}
	m.parts, m.text = append(m.parts, bodies...), nil
	a.submits[submitKey{connection, p.Sequence}] = m
}

// bodiesOf are the texts in a submit_sm. A header that cannot be read is text.
func bodiesOf(p *codec.SubmitSM) (bodies []body) {
	payload, _ := p.TLVs.Get(codec.TagMessagePayload)
	for _, octets := range [][]byte{p.ShortMessage, payload} {
		b := body{octets: octets}
		if len(octets) == 0 {
			continue
		}
		if p.ESMClass.UDHI() {
			if header, rest, err := udh.Parse(octets); err == nil {
				b = body{header, rest}
			}
		}
		bodies = append(bodies, b)
	}
	return bodies
}

// placeOf is which part of which message a submit_sm is.
func placeOf(p *codec.SubmitSM, bodies []body) udh.Concat {
	for _, b := range bodies {
		if b.header.Concat.Valid() {
			return b.header.Concat
		}
	}
	ref, _ := p.TLVs.Uint16(codec.TagSARMsgRefNum)
	total, _ := p.TLVs.Uint8(codec.TagSARTotalSegments)
	index, _ := p.TLVs.Uint8(codec.TagSARSegmentSeqnum)
	return udh.Concat{Reference: ref, Wide: true, Total: total, Index: index}
}

// answered is the text that an answer of the MNO is about; nil: it is not known.
func (a *assembly) answered(connection, sequence uint32) *quote.Text {
	m := a.submits[submitKey{connection, sequence}]
	if m == nil {
		return nil
	}
	if m.text == nil {
		var readings []string
		for _, b := range m.parts {
			readings = append(readings, quote.Readings(b.octets, b.header)...)
		}
		text := quote.New(readings...)
		m.text = &text
	}
	return m.text
}

// words shows of words that an MNO has written itself what repeats no text and is no number
// of a subscriber.
func (m *masker) words(to []byte, words string) {
	if m.command.IsResponse() && !m.aboutMessage() {
		copy(to, words)
	} else if text := m.answered(); text != nil {
		copy(to, words)
		for _, s := range text.In([]byte(words)) {
			hidden(to[s.From:s.To], "")
		}
	} else {
		copy(to, words)
		hidden(to[:len(strings.TrimRight(words, "\x00"))], "")
		return
	}
	for from, end := range codec.NumbersIn(words) {
		part := make([]byte, end-from)
		m.address(part, words[from:end])
		for i, c := range part {
			if c == 'x' {
				to[from+i] = c
			}
		}
	}
}

// aboutMessage reports whether a response is about a message: all are but those of a line.
func (m *masker) aboutMessage() bool {
	switch m.command {
	case codec.BindReceiverRespID, codec.BindTransmitterRespID, codec.BindTransceiverRespID, codec.UnbindRespID, codec.EnquireLinkRespID:
		return false
	}
	return true
}
