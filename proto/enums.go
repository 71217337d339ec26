package proto

import (
	"maps"
	"slices"
	"strings"
)

// enumTable is what protoc-gen-go writes for an enum: its names and numbers.
type enumTable struct {
	names   map[int32]string
	numbers map[string]int32
}

var (
	encodings       = enumTable{Encoding_Value_name, Encoding_Value_value}
	strategies      = enumTable{LongMessageStrategy_Value_name, LongMessageStrategy_Value_value}
	dlrStatuses     = enumTable{DlrStatus_Value_name, DlrStatus_Value_value}
	healthStates    = enumTable{HealthState_Value_name, HealthState_Value_value}
	degradedReasons = enumTable{DegradedReason_Value_name, DegradedReason_Value_value}
)

func (t enumTable) has(number int32) bool {
	_, known := t.names[number]
	return known
}

// list is every name, by number, as an error lists them.
func (t enumTable) list() string {
	byNumber := func(a, b string) int { return int(t.numbers[a] - t.numbers[b]) }
	return strings.Join(slices.SortedFunc(maps.Keys(t.numbers), byNumber), ", ")
}

// unknown refuses a value that the enum does not declare. The value is not in
// the error: a sender that mixed up its fields may have put the text there.
func (t enumTable) unknown(field string) *FieldError {
	return invalid(field, "is not a known value: want one of "+t.list())
}
