package proto

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// commandReader fills a command from JSON, field by field. A field at fault is
// remembered, if it is the first, and the walk goes on.
type commandReader struct {
	scanner
	command *SmsDispatchCommand
	seen    uint32      // bit n: the field with the number n has come
	hasText bool        // text has come, and not as null
	first   *FieldError // of a field; the scanner's own fault is one of syntax
}

// field reads the value of one member. Both names of protobuf's JSON mapping
// are known: the one in lowerCamelCase, which everybody writes, and the declared one.
func (r *commandReader) field(name string) {
	c := r.command
	switch name {
	case "messageId", "message_id":
		r.text(1, "messageId", &c.MessageId)
	case "to":
		r.text(2, "to", &c.To)
	case "text":
		r.hasText = r.text(3, "text", &c.Text) || r.hasText
	case "from":
		r.text(4, "from", &c.From)
	case "encoding":
		c.Encoding = Encoding_Value(r.enum(5, "encoding", encodings))
	case "longMessageStrategy", "long_message_strategy":
		c.LongMessageStrategy = LongMessageStrategy_Value(r.enum(6, "longMessageStrategy", strategies))
	case "segmentFingerprint", "segment_fingerprint":
		r.text(7, "segmentFingerprint", &c.SegmentFingerprint)
	case "expiresAt", "expires_at":
		c.ExpiresAt = r.instant(8, "expiresAt")
	case "scheduledAt", "scheduled_at":
		c.ScheduledAt = r.instant(9, "scheduledAt")
	case "validityPeriodSeconds", "validity_period_seconds":
		c.ValidityPeriodSeconds = r.count(10, "validityPeriodSeconds")
	case "registeredDelivery", "registered_delivery":
		c.RegisteredDelivery = r.optional(11, "registeredDelivery")
	case "fromTon", "from_ton":
		c.FromTon = r.optional(12, "fromTon")
	case "fromNpi", "from_npi":
		c.FromNpi = r.optional(13, "fromNpi")
	case "toTon", "to_ton":
		c.ToTon = r.optional(14, "toTon")
	case "toNpi", "to_npi":
		c.ToNpi = r.optional(15, "toNpi")
	case "serviceType", "service_type":
		r.text(16, "serviceType", &c.ServiceType)
	case "protocolId", "protocol_id":
		c.ProtocolId = r.count(17, "protocolId")
	case "priority":
		c.Priority = r.count(18, "priority")
	case "flash":
		c.Flash = r.truth(19, "flash")
	case "tlvs":
		c.Tlvs = r.pairs(20, "tlvs")
	case "validityPeriod", "validity_period":
		c.ValidityPeriod = r.count(21, "validityPeriod")
	case "replaceIfPresent", "replace_if_present":
		c.ReplaceIfPresent = r.truth(22, "replaceIfPresent")
	default:
		r.skip(1)
	}
}

// begin reports whether the field has a value to read: not a second one of its
// name, and not null, which means absent.
func (r *commandReader) begin(number uint, field string) bool {
	bit := uint32(1) << number
	if r.seen&bit != 0 {
		r.refuse(invalid(field, "stands in the object twice: send it once"))
		r.skip(1)
		return false
	}
	r.seen |= bit
	return r.peek() != 'n' || !r.word("null")
}

func (r *commandReader) refuse(fault *FieldError) {
	if r.first == nil && r.fault == nil {
		r.first = fault
	}
}

// wrong consumes a value of the wrong type.
func (r *commandReader) wrong(field, want string) {
	if shape := r.skip(1); r.fault == nil {
		r.refuse(invalid(field, "is "+shape+": want "+want))
	}
}

// text reads a string into dst and reports whether there was a value.
func (r *commandReader) text(number uint, field string, dst *string) bool {
	if !r.begin(number, field) {
		return false
	}
	if r.peek() != '"' {
		r.wrong(field, "a string")
		return true
	}
	value, flaw := r.str()
	if flaw != "" {
		r.refuse(invalid(field, flaw+": send whole characters in UTF-8"))
	}
	*dst = value
	return true
}

// digits reads a whole number of at most 32 bits.
func (r *commandReader) digits(field string) (uint32, bool) {
	const want = "a whole number from 0 to 4294967295 in plain digits"
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		r.wrong(field, want)
		return 0, false
	}
	literal := r.number()
	value, err := strconv.ParseUint(literal, 10, 32)
	if err != nil {
		r.refuse(invalid(field, "is a number, but negative, too large, or with a fraction or exponent: want "+want))
		return 0, false
	}
	return uint32(value), true
}

func (r *commandReader) count(number uint, field string) uint32 {
	if !r.begin(number, field) {
		return 0
	}
	value, _ := r.digits(field)
	return value
}

func (r *commandReader) optional(number uint, field string) *uint32 {
	if !r.begin(number, field) {
		return nil
	}
	if value, ok := r.digits(field); ok {
		return &value
	}
	return nil
}

func (r *commandReader) truth(number uint, field string) bool {
	if !r.begin(number, field) {
		return false
	}
	switch {
	case r.word("true"):
		return true
	case r.word("false"):
		return false
	}
	r.wrong(field, "true or false")
	return false
}

// enum reads a value by its name, or by a number that is declared.
func (r *commandReader) enum(number uint, field string, of enumTable) int32 {
	if !r.begin(number, field) {
		return 0
	}
	switch c := r.peek(); {
	case c == '"':
		name, _ := r.str()
		if value, known := of.numbers[name]; known {
			return value
		}
		r.refuse(of.unknown(field))
	case '0' <= c && c <= '9':
		value, ok := r.digits(field)
		if ok && !of.has(int32(value)) {
			r.refuse(of.unknown(field))
		}
		return int32(value)
	default:
		r.wrong(field, "one of "+of.list())
	}
	return 0
}

func (r *commandReader) instant(number uint, field string) *timestamppb.Timestamp {
	const want = `a time as in "2026-11-24T09:30:00Z" (RFC 3339, at most 9 digits of a second)`
	if !r.begin(number, field) {
		return nil
	}
	if r.peek() != '"' {
		r.wrong(field, want)
		return nil
	}
	literal, _ := r.str()
	at, err := time.Parse(time.RFC3339Nano, literal)
	if err != nil || len(literal) > len("2006-01-02T15:04:05.999999999+07:00") {
		r.refuse(invalid(field, "is a string that is no time: want "+want))
		return nil
	}
	stamp := timestamppb.New(at)
	if stamp.CheckValid() != nil {
		r.refuse(invalid(field, "lies outside the years 1 to 9999"))
		return nil
	}
	return stamp
}

// pairs reads an object of strings.
func (r *commandReader) pairs(number uint, field string) map[string]string {
	const want = "an object of strings, as in {\"name\": \"value\"}"
	if !r.begin(number, field) {
		return nil
	}
	if r.peek() != '{' {
		r.wrong(field, want)
		return nil
	}
	pairs := make(map[string]string)
	r.members(func(name string) {
		if r.peek() != '"' {
			r.wrong(field, want)
			return
		}
		value, flaw := r.str()
		if flaw != "" {
			r.refuse(invalid(field, "has a value that "+flaw))
		}
		if _, twice := pairs[name]; twice {
			r.refuse(invalid(field, "has the same name twice"))
		}
		pairs[name] = value
	})
	return pairs
}
