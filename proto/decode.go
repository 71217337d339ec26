package proto

import (
	"mime"
	"strconv"
	"unicode/utf8"
)

// MaxPayload is the most octets of a command's payload, the default limit of a
// NATS server too.
const MaxPayload = 1 << 20

// peekSize is how much of a payload that is too large is read, for its messageId.
const peekSize = 4 << 10

// DecodeCommand reads and validates the payload of a message of SMPP_DISPATCH.
// contentType is the header Content-Type: application/protobuf means binary
// protobuf, everything else, and nothing, JSON. The error is always a
// *FieldError and final: the payload will never be a command. The command keeps
// no part of payload.
//
// JSON is read as protobuf's JSON mapping has it, but strictly: field names in
// lowerCamelCase (or as declared), null the same as absent, unknown fields
// ignored, numbers as JSON numbers in plain digits, and unknown enum values,
// repeated fields and half surrogate pairs refused.
func DecodeCommand(contentType string, payload []byte) (*SmsDispatchCommand, error) {
	binary := isBinary(contentType)
	if len(payload) > MaxPayload {
		fault := &FieldError{Reason: ReasonTooLarge, Detail: "the payload has " + strconv.Itoa(len(payload)) +
			" octets: send at most " + strconv.Itoa(MaxPayload)}
		if !binary {
			fault.MessageID = peekMessageID(payload[:peekSize])
		}
		return nil, fault
	}
	read := readJSON
	if binary {
		read = readBinary
	}
	command, hasText, fault := read(payload)
	if fault == nil {
		fault = validate(command, hasText)
	}
	if fault != nil {
		fault.MessageID = legible(command.GetMessageId())
		return nil, fault
	}
	return command, nil
}

// isBinary reports whether a Content-Type names protobuf, with or without parameters.
func isBinary(contentType string) bool {
	switch contentType {
	case "", ContentTypeJSON:
		return false
	case ContentTypeProtobuf:
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == ContentTypeProtobuf
}

// readJSON reads all of payload, also behind the first field at fault, so that
// the messageId is known wherever it stands.
func readJSON(payload []byte) (command *SmsDispatchCommand, hasText bool, fault *FieldError) {
	r := commandReader{
		scanner: scanner{in: string(payload), utf8: utf8.Valid(payload)},
		command: new(SmsDispatchCommand),
	}
	r.members(r.field)
	if r.fault == nil && r.peek() != 0 || r.pos < len(r.in) {
		r.fail("want nothing behind the object")
	}
	if r.first == nil {
		r.first = r.fault
	}
	return r.command, r.hasText, r.first
}

// peekMessageID reads as far as the front of a payload goes.
func peekMessageID(front []byte) string {
	command, _, _ := readJSON(front)
	return legible(command.GetMessageId())
}

// legible cuts a messageId that breaks its own rule down to what a dead letter may carry.
func legible(id string) string {
	if len(id) <= maxMessageID {
		return id
	}
	end := maxMessageID
	for end > 0 && !utf8.RuneStart(id[end]) {
		end--
	}
	return id[:end]
}
