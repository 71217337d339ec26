package quote

import (
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// Octets is the text of short_message or message_payload where the alphabet is not known:
// read in each that it could be in. header is the user data header that stood before it.
func Octets(octets []byte, header udh.Header) Text {
	return New(Readings(octets, header)...)
}

// Readings are the texts that octets may be, for New.
func Readings(octets []byte, header udh.Header) []string {
	texts := []string{string(octets)} // UTF-8, or Latin-1
	for alphabet := text.GSM7; alphabet < text.Binary; alphabet++ {
		options := text.Options{Override: map[uint8]text.Alphabet{0: alphabet}, HeaderOctets: header.Octets, Shift: header.Shift()}
		texts = append(texts, text.Decode(0, octets, options).Text)
	}
	return texts
}
