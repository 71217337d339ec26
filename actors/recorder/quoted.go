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
	readings []string
	text     *quote.Text // of the readings; nil: it is not made yet
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
	header, bodies := textsOf(p)
	m := &message{}
	if concat := placeOf(p, header); concat.Valid() {
		concat.Index = 0
		key := partKey{connection, p.DestinationAddr, concat}
		if a.parts[key] == nil {
			a.parts[key] = m
		}
		m = a.parts[key]
	}
	for _, body := range bodies {
		m.readings = append(m.readings, quote.Readings(body, header)...)
	}
	m.text = nil
	a.submits[submitKey{connection, p.Sequence}] = m
}

// textsOf are the texts in a submit_sm, without their user data header. One that cannot be
// read is text.
func textsOf(p *codec.SubmitSM) (header udh.Header, bodies [][]byte) {
	payload, _ := p.TLVs.Get(codec.TagMessagePayload)
	for _, body := range [][]byte{p.ShortMessage, payload} {
		if p.ESMClass.UDHI() && len(body) > 0 {
			if h, rest, err := udh.Parse(body); err == nil {
				header, body = h, rest
			}
		}
		bodies = append(bodies, body)
	}
	return header, bodies
}

// placeOf is which part of which message a submit_sm is.
func placeOf(p *codec.SubmitSM, header udh.Header) udh.Concat {
	if header.Concat.Valid() {
		return header.Concat
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
		text := quote.New(m.readings...)
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
