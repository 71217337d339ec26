package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// Message is a text as the handset shows it: one SMS, or its parts joined.
type Message struct {
	Source, Destination Address
	Text                string // of the parts that are there, in order
	Parts               []SMS  // by index; of a repeated part the first
	Total               int    // how many parts it has; 1 for a single SMS
	FirstAt             time.Time
}

// Complete reports whether no part is missing.
func (m *Message) Complete() bool { return len(m.Parts) == m.Total }

// Messages joins the kept SMS into messages, in the order of their first parts.
// Parts belong together by source, destination, reference and total; a part
// whose place is taken by other octets begins the next message.
func (s *Server) Messages() []Message { return Join(s.SMS(), text.Options{}) }

// MessagesTo is Messages for one destination address.
func (s *Server) MessagesTo(destination string) (list []Message) {
	for _, m := range s.Messages() {
		if m.Destination.Addr == destination {
			list = append(list, m)
		}
	}
	return list
}

// Join is Messages for any list, under a reading of data_coding 0.
func Join(list []SMS, opt text.Options) []Message {
	type key struct {
		source, destination string
		part                Part // without the index
	}
	var messages []*Message
	open := map[key]*Message{}
	for _, m := range list {
		k := key{m.Source.Addr, m.Destination.Addr, m.Part}
		k.part.Index = 0
		if at := open[k]; m.Part.Long() && at != nil && at.add(m) {
			continue
		}
		next := &Message{Source: m.Source, Destination: m.Destination, Parts: []SMS{m}, Total: max(1, int(m.Part.Total)), FirstAt: m.At}
		messages = append(messages, next)
		open[k] = next
	}
	joined := make([]Message, len(messages))
	for i, m := range messages {
		m.read(opt)
		joined[i] = *m
	}
	return joined
}

// add puts a part in its place; false when other octets have it.
func (m *Message) add(part SMS) bool {
	at := 0
	for at < len(m.Parts) && m.Parts[at].Part.Index < part.Part.Index {
		at++
	}
	if at < len(m.Parts) && m.Parts[at].Part.Index == part.Part.Index {
		return string(m.Parts[at].Octets) == string(part.Octets)
	}
	m.Parts = append(m.Parts[:at], append([]SMS{part}, m.Parts[at:]...)...)
	return true
}

// read decodes the parts as one text, so that what a sender cut between two
// parts (an escape, a surrogate pair) shows.
func (m *Message) read(opt text.Options) {
	octets := make([][]byte, len(m.Parts))
	for i := range m.Parts {
		octets[i] = m.Parts[i].Octets
	}
	if h, _, err := udh.Parse(m.Parts[0].UDH); err == nil {
		opt.HeaderOctets, opt.Shift = h.Octets, h.Shift()
	}
	m.Text = text.DecodeParts(uint8(m.Parts[0].DataCoding), octets, opt).Text
}
