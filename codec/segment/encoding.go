package segment

import "fmt"

// Encoding is how a text is asked to be, or was, encoded. The zero value asks
// for the choice to be made from the text.
type Encoding uint8

// The encodings of a dispatch command (US-SC-007, US-SC-037).
const (
	Auto      Encoding = iota // GSM7 if every character fits, else UCS2
	GSM7                      // refused if a character does not fit
	UCS2                      // UTF-16, big endian, surrogates included
	GSM7Force                 // GSM7; what does not fit becomes '?' and is reported
)

// Limits of one SMS: 140 octets of user data, header included (3GPP TS 23.040 §9.2.3.24).
const (
	MaxOctets   = 140
	MaxSegments = 255 // the part count of a concatenation header is one octet
)

var encodingNames = [...]string{"AUTO", "GSM7", "UCS2", "GSM7_FORCE"}

// String is the name on the wire: AUTO, GSM7, UCS2 or GSM7_FORCE.
func (e Encoding) String() string {
	if int(e) < len(encodingNames) {
		return encodingNames[e]
	}
	return fmt.Sprintf("Encoding(%d)", uint8(e))
}

// ParseEncoding reads the name on the wire; the empty name is Auto.
func ParseEncoding(name string) (Encoding, error) {
	if name == "" {
		return Auto, nil
	}
	for e, n := range encodingNames {
		if n == name {
			return Encoding(e), nil
		}
	}
	return Auto, fmt.Errorf("encoding: unknown name of %d octets: want AUTO, GSM7, UCS2 or GSM7_FORCE", len(name))
}

// MarshalText writes the name on the wire.
func (e Encoding) MarshalText() ([]byte, error) {
	if int(e) >= len(encodingNames) {
		return nil, fmt.Errorf("encoding: number %d: want 0 to %d", uint8(e), len(encodingNames)-1)
	}
	return []byte(e.String()), nil
}

// UnmarshalText reads the name on the wire.
func (e *Encoding) UnmarshalText(name []byte) (err error) {
	*e, err = ParseEncoding(string(name))
	return err
}
