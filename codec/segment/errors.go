package segment

import "fmt"

// Fault is what is wrong with a text.
type Fault uint8

const (
	InvalidUTF8 Fault = iota + 1 // the octets are no UTF-8
	NotGSM7                      // GSM7 was demanded and a character is not in its tables
)

// TextError says that a text cannot be encoded as demanded, and where. It
// carries no part of the text, so that it can be logged and sent to a dead
// letter queue.
type TextError struct {
	Fault  Fault
	Offset int // in characters (runes) from the start of the text, from 0
}

func (e *TextError) Error() string {
	if e.Fault == NotGSM7 {
		return fmt.Sprintf("text: character %d is not in the GSM 7 bit alphabet: use encoding AUTO or UCS2, or GSM7_FORCE to send '?' for it", e.Offset)
	}
	return fmt.Sprintf("text: no valid UTF-8 at character %d: send the text as UTF-8", e.Offset)
}

// TooLongError says that a text needs more segments than its rule allows. A
// text is refused, never truncated.
type TooLongError struct{ Segments, Limit int }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("text: %d segments, at most %d are allowed: shorten the text or raise the limit of parts", e.Segments, e.Limit)
}

// RuleError says that a Rule or an Encoding is none.
type RuleError struct {
	Field string
	Value int
	Want  string
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("segment rule: %s is %d: want %s", e.Field, e.Value, e.Want)
}
