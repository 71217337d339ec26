package operators

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	contract "github.com/ghasi/smpp-connector/proto"
)

// AnswerError says what is wrong with an account that the service returned. It
// names fields and shapes, never values.
type AnswerError struct {
	OperatorID string
	Faults     []Fault
}

// Fault is one field at fault.
type Fault struct {
	Field string // in lowerCamelCase; a dot before a field within a field
	Is    string // "is missing", "is a string, want …"
}

// Error implements error, with all faults on one line.
func (e *AnswerError) Error() string {
	var faults []string
	for _, f := range e.Faults {
		faults = append(faults, strings.TrimSpace(f.Field+" "+f.Is))
	}
	return fmt.Sprintf("operators: the credentials of %s: %s; correct them in operator-management-service",
		e.OperatorID, strings.Join(faults, "; "))
}

var lenient = protojson.UnmarshalOptions{DiscardUnknown: true}

// read turns a body into a complete and valid account.
func read(operatorID string, body []byte, defaults func(string, string) *contract.SmppCredentials) (*contract.SmppCredentials, error) {
	wrong := func(faults ...Fault) error { return &AnswerError{operatorID, faults} }
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, wrong(Fault{Is: fmt.Sprintf("the answer of %d octets is not one JSON object", len(body))})
	}
	answer := &contract.SmppCredentials{}
	faults := append(unknownValues(fields), zeros(fields)...)
	if err := lenient.Unmarshal(body, answer); err != nil || len(faults) > 0 {
		// The parser's own message repeats the value it stumbled over.
		return nil, wrong(append(faults, misshapen(fields)...)...)
	}
	if answer.OperatorId != "" && answer.OperatorId != operatorID {
		return nil, wrong(Fault{"operatorId", "is another operator's than the one that was asked for"})
	}
	account := complete(operatorID, answer, defaults)
	if faults := check(account); len(faults) > 0 {
		return nil, wrong(faults...)
	}
	return account, nil
}

// enums are the fields whose values protojson, lenient about unknown fields,
// would drop in silence when it does not know them.
var enums = []struct {
	names  [2]string // protojson reads both spellings
	values map[string]int32
}{
	{[2]string{"bindMode", "bind_mode"}, contract.BindMode_Value_value},
	{[2]string{"longMessageStrategy", "long_message_strategy"}, contract.LongMessageStrategy_Value_value},
}

func unknownValues(fields map[string]json.RawMessage) []Fault {
	var faults []Fault
	for _, enum := range enums {
		for _, name := range enum.names {
			raw, there := fields[name]
			if !there || string(raw) == "null" {
				continue
			}
			var value string
			if err := json.Unmarshal(raw, &value); err != nil {
				faults = append(faults, Fault{enum.names[0], "is " + shape(raw) + ", want a string: one of " + list(enum.values)})
				continue
			}
			if _, known := enum.values[value]; !known {
				faults = append(faults, Fault{enum.names[0], "is not a known value, want one of " + list(enum.values)})
			}
		}
	}
	return faults
}

// zeros finds the numbers that an answer sets to 0. To protojson that is the same as
// leaving them out, but nobody writes a limit of nothing and means our default.
func zeros(fields map[string]json.RawMessage) (faults []Fault) {
	for _, names := range [][]string{{"tpsLimit", "tps_limit"}, {"window"}} {
		for _, name := range names {
			var n json.Number
			if raw, there := fields[name]; there && json.Unmarshal(raw, &n) == nil {
				if v, err := n.Float64(); err == nil && v == 0 {
					faults = append(faults, Fault{names[0], "is 0, want 1 or more; leave it out for what the configuration says"})
				}
			}
		}
	}
	return faults
}

func list(values map[string]int32) string {
	byNumber := func(a, b string) int { return int(values[a] - values[b]) }
	return strings.Join(slices.SortedFunc(maps.Keys(values), byNumber), ", ")
}

// misshapen finds the fields that cannot be read, by reading each alone.
func misshapen(fields map[string]json.RawMessage) []Fault {
	var faults []Fault
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		one, err := json.Marshal(map[string]json.RawMessage{name: fields[name]})
		if err != nil {
			continue // it came out of a JSON document a moment ago
		}
		if lenient.Unmarshal(one, &contract.SmppCredentials{}) != nil {
			faults = append(faults, Fault{name, "is " + shape(fields[name]) + " that does not fit it; see SmppCredentials in proto/smpp_connector.proto"})
		}
	}
	return faults
}

// shape says what kind of JSON value it is, and no more.
func shape(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a truth value"
	case 'n':
		return "null"
	}
	return "a number"
}

// complete fills in what an answer leaves out: from our configuration where that
// has something to say, else from the table in the package's doc.
func complete(operatorID string, answer *contract.SmppCredentials, defaults func(string, string) *contract.SmppCredentials) *contract.SmppCredentials {
	account := &contract.SmppCredentials{
		InterfaceVersion:    0x34,
		AddressRange:        &contract.AddressRange{},
		Tls:                 &contract.TlsSettings{},
		Window:              100,
		LongMessageStrategy: contract.LongMessageStrategy_CSMS,
		MessageIdRule:       "as-is",
		DefaultAlphabet:     "gsm7",
	}
	if defaults != nil {
		if ours := defaults(operatorID, answer.Profile); ours != nil {
			proto.Merge(account, ours)
		}
	}
	if len(answer.GetTls().GetPinsSha256()) > 0 {
		account.Tls.PinsSha256 = nil // Merge would append, and so go on trusting the old ones
	}
	if answer.Host != "" || answer.Port != 0 || len(answer.Hosts) > 0 {
		account.Hosts = nil // for the same reason
	}
	if len(answer.Hosts) > 0 {
		account.Host, account.Port = "", 0
	}
	proto.Merge(account, answer)
	account.OperatorId = operatorID
	if account.Tls.Enabled {
		if account.Tls.ServerName == "" {
			account.Tls.ServerName = account.Host
		}
		if account.Tls.MinVersion == "" {
			account.Tls.MinVersion = "1.2"
		}
	}
	return account
}
