package proto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Encode returns m as it goes on the wire and the Content-Type to send with it:
// compact JSON, or binary protobuf. The same message gives the same octets
// every time, so a golden file or a fingerprint may be made of them.
//
// JSON leaves out what is empty, zero or false, except the fields that a story
// speaks of (a DlrInboundEvent always has messageId, status and final, a
// SmsDispatchCommand always text), so that a consumer never has to guess
// whether `status` was UNKNOWN or forgotten. Strings that are not UTF-8 are
// mended with U+FFFD. The error names the field: an enum value without a name, a
// time outside the years 1 to 9999.
func Encode(m Message, binary bool) (payload []byte, contentType string, err error) {
	return Append(nil, m, binary)
}

// Append is Encode behind what b holds, for callers that have memory to use again.
// Where there is an error, b is returned as it came.
func Append(b []byte, m Message, binary bool) (with []byte, contentType string, err error) {
	if binary {
		payload, err := encodeBinary(m)
		return append(b, payload...), ContentTypeProtobuf, err
	}
	if with, err = appendJSON(b, m); err != nil {
		with = b
	}
	return with, ContentTypeJSON, err
}

// usualSize is what JSON of most messages fits into, in octets.
const usualSize = 512

func appendJSON(b []byte, m Message) ([]byte, error) {
	w := writer{out: append(slices.Grow(b, usualSize), '{'), first: len(b) + 1}
	switch m := m.(type) {
	case *SmsDispatchCommand:
		writeCommand(&w, m)
	case *DlrInboundEvent:
		writeReceipt(&w, m)
	case *MoInboundEvent:
		writeInbound(&w, m)
	case *DispatchSubmitted:
		writeSubmitted(&w, m)
	case *DispatchRejected:
		writeRejected(&w, m)
	case *OperatorHealthEvent:
		writeHealth(&w, m)
	case *BindDegradedEvent:
		writeDegraded(&w, m)
	default:
		return appendOther(b, m)
	}
	if w.err != nil {
		return nil, fmt.Errorf("%s: %w", m.ProtoReflect().Descriptor().Name(), w.err)
	}
	return append(w.out, '}'), nil
}

// appendOther writes what is never on the hot path. protojson varies its white
// space on purpose; Compact takes that away.
func appendOther(b []byte, m Message) ([]byte, error) {
	varied, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(b)
	err = json.Compact(out, varied)
	return out.Bytes(), err
}

func encodeBinary(m Message) ([]byte, error) {
	deterministic := proto.MarshalOptions{Deterministic: true}
	payload, err := deterministic.Marshal(m)
	if err != nil {
		// A string that is not UTF-8: by way of JSON, which mends it.
		mended := m.ProtoReflect().New().Interface()
		text, jsonErr := appendJSON(nil, m)
		if jsonErr != nil || protojson.Unmarshal(text, mended) != nil {
			return nil, err
		}
		m = mended
		if payload, err = deterministic.Marshal(m); err != nil {
			return nil, err
		}
	}
	if c, ok := m.(*SmsDispatchCommand); ok && c.Text == "" {
		// proto3 leaves it out, and DecodeCommand tells an absent text from an empty one.
		payload = append(payload, emptyText...)
	}
	return payload, nil
}
