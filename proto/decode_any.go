package proto

import (
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Decode reads any message of this package: what `send --wait`, `dlq` and other
// listeners hear. It is far slower than DecodeCommand, which commands come
// through, and checks types and enum values only. Its errors quote no value.
func Decode(contentType string, payload []byte, m Message) error {
	name := m.ProtoReflect().Descriptor().Name()
	if isBinary(contentType) {
		if proto.Unmarshal(payload, m) != nil {
			return fmt.Errorf("%s: not binary protobuf of this message: check the header Content-Type", name)
		}
		return nil
	}
	// protojson would drop unknown enum names in silence together with unknown
	// fields, so they are looked for first.
	var tree map[string]any
	if err := json.Unmarshal(payload, &tree); err != nil {
		return fmt.Errorf("%s: not a JSON object (%d octets)", name, len(payload))
	}
	if err := checkEnums(m.ProtoReflect().Descriptor(), tree); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(payload, m) != nil {
		return fmt.Errorf("%s: a field has the wrong type, stands there twice, or is not valid UTF-8", name)
	}
	return nil
}

// checkEnums walks the fields that are enums or messages; none of ours repeats one.
func checkEnums(of protoreflect.MessageDescriptor, tree map[string]any) (err error) {
	fields := of.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		for _, name := range []string{field.JSONName(), string(field.Name())} {
			value := tree[name]
			switch {
			case field.Enum() != nil:
				word, isName := value.(string)
				number, isNumber := value.(float64)
				values := field.Enum().Values()
				if isName && values.ByName(protoreflect.Name(word)) == nil ||
					isNumber && values.ByNumber(protoreflect.EnumNumber(number)) == nil {
					err = errors.Join(err, fmt.Errorf("%s is not a known value", field.JSONName()))
				}
			case field.Message() != nil && !field.IsMap():
				if group, isGroup := value.(map[string]any); isGroup {
					err = errors.Join(err, checkEnums(field.Message(), group))
				}
			}
			if field.JSONName() == string(field.Name()) {
				break
			}
		}
	}
	return err
}
