package codec

import "fmt"

// Problem is what is wrong with octets that should be a PDU.
type Problem uint8

// The problems, in the order in which they are met.
const (
	NoProblem      Problem = iota
	ShortHeader            // fewer than 16 octets so far
	LengthTooSmall         // command_length below 16
	LengthTooLarge         // command_length above the framer's limit
	LengthMismatch         // Parse was given more or less than one PDU
	UnknownCommand         // command_id of no PDU of 3.4 or 5.0
	EmptyBody              // a good response without its mandatory body
	TruncatedBody          // the PDU ends inside a mandatory field of fixed size
	NoNUL                  // the PDU ends inside a C-octet string
	OverlongField          // a C-octet string is longer than the spec allows
	BadTime                // a time is neither empty nor 16 characters long
	BadDestFlag            // a dest_flag other than 1 and 2: what follows cannot be read
	MessageOverrun         // sm_length is more than what is left
	TLVTruncated           // a TLV's length is more than what is left
	TrailingOctets         // one to three octets after the last TLV
	TrailingNULs           // one to three NULs after the last TLV: padding
)

var problemNames = [...]string{
	NoProblem: "none", ShortHeader: "short_header", LengthTooSmall: "length_too_small",
	LengthTooLarge: "length_too_large", LengthMismatch: "length_mismatch",
	UnknownCommand: "unknown_command_id", EmptyBody: "empty_body", TruncatedBody: "truncated_body",
	NoNUL: "no_nul", OverlongField: "overlong_field", BadTime: "bad_time", BadDestFlag: "bad_dest_flag",
	MessageOverrun: "sm_length_overrun", TLVTruncated: "tlv_truncated",
	TrailingOctets: "trailing_octets", TrailingNULs: "trailing_nuls",
}

// String is the problem's name, "overlong_field": fit for a metric label.
func (p Problem) String() string {
	if int(p) < len(problemNames) {
		return problemNames[p]
	}
	return fmt.Sprintf("problem %d", uint8(p))
}

// DecodeError says why octets are not a PDU, or what about a PDU was tolerated.
// It holds no content of any field, so it may be logged. Rule says what to answer.
type DecodeError struct {
	Command  CommandID // 0 when the header could not be read
	Status   Status    // command_status of the PDU: a response that cannot be read still has one
	Sequence uint32    // by which it answers, or is to be answered; 0 when unknown
	Field    string    // the spec's name of the field, or of the TLV
	Offset   int       // of the field in the PDU, from the first octet of the header
	Reason   Problem
	Have     int // octets that are there (for unknown_command_id and dest_flag: the number met)
	Want     int // octets that should be there, or the most allowed; 0 where that means nothing
}

// Error implements error: command, field, place, shape, and what is wanted.
func (e *DecodeError) Error() string {
	where := e.Command.String()
	if e.Field != "" {
		where = fmt.Sprintf("%s: %s at octet %d", where, e.Field, e.Offset)
	}
	return fmt.Sprintf("codec: %s: %s", where, e.shape())
}

func (e *DecodeError) shape() string {
	switch e.Reason {
	case ShortHeader:
		return fmt.Sprintf("%d of %d octets of a header: wait for more", e.Have, e.Want)
	case LengthTooSmall:
		return fmt.Sprintf("command_length %d, a header alone has %d: the stream is lost, close it", e.Have, e.Want)
	case LengthTooLarge:
		return fmt.Sprintf("command_length %d, at most %d are accepted: the stream is lost, or raise the limit of the framer", e.Have, e.Want)
	case LengthMismatch:
		return fmt.Sprintf("%d octets given, command_length says %d: give Parse one PDU, as Framer cuts them", e.Have, e.Want)
	case UnknownCommand:
		return "no command of SMPP 3.4: answer generic_nack"
	case EmptyBody:
		return "the body is missing"
	case TruncatedBody:
		return fmt.Sprintf("the PDU ends, %d of %d octets are there", e.Have, e.Want)
	case NoNUL:
		return fmt.Sprintf("no NUL in the %d octets up to the PDU's end", e.Have)
	case OverlongField:
		return fmt.Sprintf("%d octets with the NUL, the spec allows %d", e.Have, e.Want)
	case BadTime:
		return fmt.Sprintf("%d characters, the spec allows 0 or %d", e.Have, e.Want)
	case BadDestFlag:
		return fmt.Sprintf("dest_flag %d, the spec has 1 and 2", e.Have)
	case MessageOverrun:
		return fmt.Sprintf("sm_length %d, %d octets are left", e.Want, e.Have)
	case TLVTruncated:
		return fmt.Sprintf("length %d, %d octets are left", e.Want, e.Have)
	case TrailingOctets, TrailingNULs:
		return fmt.Sprintf("%d octets are left over, too few for a TLV", e.Have)
	}
	return e.Reason.String()
}
