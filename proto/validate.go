package proto

import (
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of a command's fields. Those of addresses and of service_type are
// SMPP 3.4 §5.2.8, §5.2.9 and §5.2.11, less the closing NUL.
const (
	maxMessageID   = 128 // octets
	maxAddress     = 20  // characters
	maxServiceType = 5   // octets
	maxPriority    = 3   // priority_flag, SMPP 3.4 §5.2.14
	maxOctet       = 255 // fields that are one octet on the line
)

// validate holds a command to the rules that no type expresses. It returns the
// first field at fault, in the order of US-SC-006.
func validate(c *SmsDispatchCommand, hasText bool) *FieldError {
	switch {
	case c.MessageId == "":
		return missing("messageId", "absent or empty: send the message's unique id, 1 to 128 octets")
	case len(c.MessageId) > maxMessageID:
		return invalid("messageId", "has more than 128 octets")
	case hasControl(c.MessageId):
		// A NUL would be refused by Postgres for ever, a line break by a NATS header.
		return invalid("messageId", "has a control character: send printable characters only")
	case c.To == "":
		return missing("to", "absent or empty: send the recipient's number, 1 to 20 digits, with or without a leading '+'")
	case !isNumber(c.To):
		return invalid("to", "is no number: want 1 to 20 digits, with or without a leading '+', and nothing else")
	case !hasText:
		return missing("text", "absent: send the text; an empty one is valid, but must be there")
	}
	return validateOptional(c)
}

// validateOptional checks the fields that may be absent.
func validateOptional(c *SmsDispatchCommand) *FieldError {
	switch {
	case len(c.From) > maxAddress && utf8.RuneCountInString(c.From) > maxAddress:
		return invalid("from", "has more than 20 characters")
	case hasControl(c.From):
		return invalid("from", "has a control character")
	case len(c.ServiceType) > maxServiceType:
		return invalid("serviceType", "has more than 5 octets")
	case hasControl(c.ServiceType):
		return invalid("serviceType", "has a control character")
	case c.ProtocolId > maxOctet:
		return invalid("protocolId", "is above 255")
	case c.Priority > maxPriority:
		return invalid("priority", "is above 3")
	case c.ValidityPeriod != 0 && c.ValidityPeriodSeconds != 0 && c.ValidityPeriod != c.ValidityPeriodSeconds:
		return invalid("validityPeriod", "contradicts validityPeriodSeconds: both are the seconds that the MNO keeps trying, send one of them")
	case c.ExpiresAt != nil && c.ExpiresAt.CheckValid() != nil:
		return invalid("expiresAt", "lies outside the years 1 to 9999")
	case c.ScheduledAt != nil && c.ScheduledAt.CheckValid() != nil:
		return invalid("scheduledAt", "lies outside the years 1 to 9999")
	}
	for _, octet := range [...]struct {
		field string
		value *uint32
	}{
		{"registeredDelivery", c.RegisteredDelivery},
		{"fromTon", c.FromTon},
		{"fromNpi", c.FromNpi},
		{"toTon", c.ToTon},
		{"toNpi", c.ToNpi},
	} {
		if octet.value != nil && *octet.value > maxOctet {
			return invalid(octet.field, "is above 255")
		}
	}
	return nil
}

// Validity is how long the MNO is to try, by whichever name it was sent; 0: it does
// not say.
func (c *SmsDispatchCommand) Validity() time.Duration {
	return time.Duration(max(c.GetValidityPeriodSeconds(), c.GetValidityPeriod())) * time.Second
}

// isNumber reports whether s is 1 to 20 digits with or without a leading '+'.
func isNumber(s string) bool {
	s = strings.TrimPrefix(s, "+")
	return s != "" && len(s) <= maxAddress && leadingDigits(s) == len(s)
}

// hasControl reports whether s holds a C0 control character or DEL.
func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7F {
			return true
		}
	}
	return false
}
