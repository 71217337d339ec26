package proto

// The reasons of a FieldError: stable words that dashboards and the consumers of
// sms.dispatch.dlq match on.
const (
	ReasonMissingField = "missing_field" // a required field is absent, or empty where it must not be
	ReasonInvalidField = "invalid_field" // a field has the wrong type or breaks its rule
	ReasonMalformed    = "malformed"     // the payload is not JSON, or not protobuf
	ReasonTooLarge     = "too_large"     // the payload is over MaxPayload
)

// ReasonMaxAge is the reason of a dead letter whose command the server was about to drop.
const ReasonMaxAge = "max_age"

// FieldError says why a payload is not a command. Such a payload will never
// become one, so it is acknowledged and dead-lettered, never delivered again
// (US-SC-006).
type FieldError struct {
	// MessageID is what could be read of the command's messageId, so that the
	// dead letter can be told to its sender; at most 128 octets, often empty.
	MessageID string
	Field     string // the field at fault, in lowerCamelCase; empty when the whole payload is
	Reason    string // one of Reason…
	Detail    string // the shape of what is wrong and the remedy; never the value of a text
}

// Error implements error. It names the field, not the value.
func (e *FieldError) Error() string {
	if e.Field == "" {
		return "command: " + e.Reason + ": " + e.Detail
	}
	return "command: " + e.Reason + ": " + e.Field + ": " + e.Detail
}

func missing(field, detail string) *FieldError {
	return &FieldError{Field: field, Reason: ReasonMissingField, Detail: detail}
}

func invalid(field, detail string) *FieldError {
	return &FieldError{Field: field, Reason: ReasonInvalidField, Detail: detail}
}

func malformed(detail string) *FieldError {
	return &FieldError{Reason: ReasonMalformed, Detail: detail}
}
