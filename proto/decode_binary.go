package proto

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// readBinary reads binary protobuf. proto3 has no presence for text, but the
// octets do: a sender that means an empty text must write the field, as Encode
// does, or an absent one could not be told from it and would cost an empty SMS.
func readBinary(payload []byte) (command *SmsDispatchCommand, hasText bool, fault *FieldError) {
	command = new(SmsDispatchCommand)
	if err := proto.Unmarshal(payload, command); err != nil {
		return outline(payload)
	}
	eachString(payload, func(number protowire.Number, _ []byte) { hasText = hasText || number == numberOfText })
	return command, hasText, unknownEnum(command)
}

// The numbers of the fields that are looked for in the octets themselves.
const (
	numberOfMessageID = 1
	numberOfText      = 3
)

// unknownEnum finds enum values that proto3 keeps although it does not know them.
func unknownEnum(c *SmsDispatchCommand) *FieldError {
	if !encodings.has(int32(c.Encoding)) {
		return encodings.unknown("encoding")
	}
	if !strategies.has(int32(c.LongMessageStrategy)) {
		return strategies.unknown("longMessageStrategy")
	}
	return nil
}

// outline reads what can be read of octets that proto.Unmarshal refuses: the
// messageId, and which field holds invalid UTF-8, if that is what is wrong.
func outline(payload []byte) (*SmsDispatchCommand, bool, *FieldError) {
	command := new(SmsDispatchCommand)
	flawed := ""
	fields := command.ProtoReflect().Descriptor().Fields()
	whole := eachString(payload, func(number protowire.Number, value []byte) {
		field := fields.ByNumber(number)
		switch {
		case field == nil || field.Kind() != protoreflect.StringKind:
		case !utf8.Valid(value):
			if flawed == "" {
				flawed = field.JSONName()
			}
		case number == numberOfMessageID:
			command.MessageId = string(value)
		}
	})
	if whole && flawed != "" {
		return command, false, invalid(flawed, "is not valid UTF-8: send whole characters in UTF-8")
	}
	return command, false, malformed("not binary protobuf of ghasi.smpp.v1.SmsDispatchCommand: check the header Content-Type")
}

// eachString calls each for every length-delimited field at the top of a
// message and reports whether the octets could be walked to their end.
func eachString(payload []byte, each func(protowire.Number, []byte)) bool {
	for len(payload) > 0 {
		number, kind, tag := protowire.ConsumeTag(payload)
		if tag < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, payload[tag:])
		if size < 0 {
			return false
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(payload[tag:])
			each(number, value)
		}
		payload = payload[tag+size:]
	}
	return true
}

// emptyText is the field text with nothing in it.
var emptyText = []byte{numberOfText<<3 | byte(protowire.BytesType), 0}
