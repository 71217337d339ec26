// Package proto holds the contracts of smpp-connector: what other services send
// to it and hear from it over NATS. The messages are defined in
// smpp_connector.proto and generated into smpp_connector.pb.go (`make generate`);
// beside them stand the names on the wire (streams, subjects, durables, buckets)
// and the two directions of their encoding.
//
//	in   DecodeCommand   payload → *SmsDispatchCommand, or a *FieldError for the dead letter
//	     Decode          payload → any other message, for those who listen
//	out  Encode          message → payload and its Content-Type
//
// # On the wire
//
// A payload is JSON, or binary protobuf when the header Content-Type says
// application/protobuf. JSON follows protobuf's mapping, read strictly:
//
//   - field names in lowerCamelCase; unknown fields are ignored, repeated ones refused
//   - numbers are JSON numbers in plain digits; no field but epoch has 64 bits
//   - enum values by name, without prefix; an unknown one is an error
//   - times as RFC 3339 in UTC: "2026-11-24T09:30:00.25Z" is written "…:00.250Z"
//   - null is the same as absent; what is empty, zero or false is left out, but
//     for the fields that a story speaks of
//   - text must be there, though it may be empty; in binary protobuf a sender that
//     means an empty text writes the field with length 0
//
// The package refuses to know NATS, SMPP or the clock: a message that has expired
// is still decoded.
package proto
