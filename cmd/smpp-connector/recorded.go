package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/receipt"
	contract "github.com/ghasi/smpp-connector/proto"
)

// recorded is one deliver_sm or data_sm as an MNO sent it, with what it should mean: a
// line of the files that `profile test` reads.
type recorded struct {
	Name    string         `json:"name"`     // what it shows
	ID      string         `json:"id"`       // message_id of the submit_sm_resp that it should belong to
	PDU     string         `json:"pdu"`      // the octets in hex; or else:
	Text    string         `json:"text"`     // its short_message, in octets of ASCII
	ESM     *uint8         `json:"esmClass"` // 4 where nothing is said: a receipt
	Coding  uint8          `json:"dataCoding"`
	TLVs    map[string]any `json:"tlvs"` // by SMPP's names or as 0xNNNN: numbers, texts, others in hex
	Source  string         `json:"sourceAddr"`
	Dest    string         `json:"destinationAddr"`
	HeardAt *time.Time     `json:"heardAt"` // when it came; absent: now
	Expect  map[string]any `json:"expect"`  // any of the fields of meaning
}

// meaning is what the connector makes of it under a profile.
type meaning struct {
	Kind             string            `json:"kind"`    // receipt or message
	ID               string            `json:"id"`      // as the receipt names it
	Matches          *bool             `json:"matches"` // the message of the response's id is found; null: there is none
	State            string            `json:"state"`
	Final            bool              `json:"final"`
	ErrorCode        string            `json:"errorCode"`
	ErrorMeaning     string            `json:"errorMeaning"`
	NetworkErrorCode string            `json:"networkErrorCode"`
	DoneAt           string            `json:"doneAt"` // RFC 3339
	Text             string            `json:"text"`   // of a message; of a receipt it is not told
	Encoding         string            `json:"encoding"`
	TLVs             map[string]string `json:"tlvs"`
	Source           string            `json:"sourceAddr"` // as the platform sees it
	Dest             string            `json:"destinationAddr"`
}

// readRecorded reads a line.
func readRecorded(line string) (r recorded, err error) {
	decoder := json.NewDecoder(strings.NewReader(line))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("want a JSON object with pdu (or text), id and expect: %w", err)
	}
	if r.PDU == "" && r.Text == "" && len(r.TLVs) == 0 {
		return r, errors.New("neither pdu, text nor tlvs: want the octets that came, or what they say")
	}
	for field := range r.Expect {
		if _, known := fields(meaning{})[field]; !known {
			return r, fmt.Errorf("expect.%s: no such field: want any of %s", field, strings.Join(slices.Sorted(maps.Keys(fields(meaning{}))), ", "))
		}
	}
	return r, nil
}

// deliver makes the PDU.
func (r *recorded) deliver() (*codec.DeliverSM, error) {
	if r.PDU == "" {
		return r.written()
	}
	if r.Text != "" || len(r.TLVs) > 0 || r.ESM != nil || r.Coding != 0 || r.Source != "" || r.Dest != "" {
		return nil, errors.New("pdu: with it stands what it says itself (text, tlvs, esmClass, dataCoding, sourceAddr, destinationAddr): want the PDU, or those")
	}
	octets, err := readHex(r.PDU)
	if err != nil {
		return nil, fmt.Errorf("pdu: %w", err)
	}
	pdu, err := codec.Parse(octets)
	if err != nil {
		return nil, fmt.Errorf("pdu: %w", err)
	}
	seen, ok := dlr.Seen(pdu)
	if !ok {
		return nil, fmt.Errorf("pdu: a %v: want a deliver_sm or a data_sm", pdu.Command())
	}
	return seen, nil
}

// written is the PDU of a line that has a text instead.
func (r *recorded) written() (*codec.DeliverSM, error) {
	pdu := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, DataCoding: codec.DataCoding(r.Coding),
		SourceAddr: r.Source, DestinationAddr: r.Dest, ShortMessage: []byte(r.Text)}
	if r.ESM != nil {
		pdu.ESMClass = codec.ESMClass(*r.ESM)
	}
	for _, name := range slices.Sorted(maps.Keys(r.TLVs)) {
		tag, kind, known := tagNamed(name)
		if !known {
			return nil, fmt.Errorf("tlvs: a name of %d characters that SMPP does not have: want one of its names, or the tag as in 0x1403", len(name))
		}
		value, ok := kind.Write(fmt.Sprint(r.TLVs[name]))
		if !ok {
			return nil, fmt.Errorf("tlvs.%s: no %v", name, kind)
		}
		pdu.TLVs.Add(tag, value)
	}
	return pdu, nil
}

// tagNamed is a TLV by SMPP's name or by its number, and how its value is written.
func tagNamed(name string) (tag codec.Tag, kind optional.Kind, known bool) {
	for _, tag := range codec.KnownTags() {
		if tag.String() == name {
			return tag, kindOf(tag), true
		}
	}
	number, err := strconv.ParseUint(name, 0, 16)
	return codec.Tag(number), optional.Hex, err == nil
}

func kindOf(tag codec.Tag) optional.Kind {
	_, octets := tag.Limits()
	switch kind := tag.Kind(); {
	case kind == codec.Text:
		return optional.CString
	case tag == codec.TagMessagePayload:
		return optional.Text
	case kind != codec.Integer && kind != codec.Bitmask:
		return optional.Hex
	case octets == 1:
		return optional.Uint8
	case octets == 2:
		return optional.Uint16
	}
	return optional.Uint32
}

// heardUnder are the rules under which lines are read.
type heardUnder struct {
	receipts  dlr.Rules
	addresses dispatch.Rewriting // of what the MNO writes
}

// read is what the connector makes of a line: as the session, the receipts' desk and
// concat do.
func (r *recorded) read(under heardUnder) (got meaning, err error) {
	pdu, err := r.deliver()
	if err != nil {
		return got, err
	}
	under.addresses.Heard(&pdu.SourceAddr, &pdu.DestinationAddr)
	at := time.Now()
	if r.HeardAt != nil {
		at = *r.HeardAt
	}
	if under.receipts.IsReceipt(pdu) {
		got = r.receipt(dlr.Read(pdu, under.receipts, "", port.BindID{}, at), under.receipts.IDs)
	} else {
		in := concat.Read(pdu)
		body := concat.Event(pdu, &in, at, concat.Source{Text: under.receipts.Text, TLVs: under.receipts.TLVs}).Body.(*contract.MoInboundEvent)
		got = meaning{Kind: "message", Text: body.GetText(), Encoding: body.GetEncoding(), TLVs: body.GetTlvs()}
	}
	got.Source, got.Dest = pdu.SourceAddr, pdu.DestinationAddr
	return got, nil
}

// receipt is the meaning of a receipt, and whether it is the line's message's.
func (r *recorded) receipt(h dlr.Heard, ids dlr.IDs) meaning {
	m := meaning{Kind: "receipt", ID: h.ID, State: dlr.Status(h.State).String(), Final: h.Final, ErrorCode: h.Err, ErrorMeaning: h.ErrMeaning,
		NetworkErrorCode: h.NetworkErrorCode, TLVs: h.TLVs}
	if !h.DoneAt.IsZero() {
		m.DoneAt = h.DoneAt.UTC().Format(time.RFC3339)
	}
	if r.ID != "" {
		matches := h.ID != "" && ids.FromResponse(r.ID) == h.Key.OperatorMessageID
		m.Matches = &matches
	}
	return m
}

// judge says in what a meaning is another than it should be. A line with the id of a
// response should be a receipt that matches, unless it says otherwise.
func (r *recorded) judge(got meaning) (wrong []string) {
	have, want := fields(got), maps.Clone(r.Expect)
	if _, said := want["matches"]; !said && r.ID != "" {
		if want == nil {
			want = map[string]any{}
		}
		want["matches"] = true
	}
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if !same(have[field], want[field]) {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s%s", field, jsonLine(have[field]), jsonLine(want[field]), r.hint(field, want[field], got)))
		}
	}
	return wrong
}

// hint is what in a profile might put a field right.
func (r *recorded) hint(field string, want any, got meaning) string {
	switch {
	case got.Kind == "message" && (field == "matches" && want == true || field == "kind"):
		return " (it is taken for a subscriber's message: see receipts.detect)"
	case field == "matches" && want == true && got.ID == "":
		return " (the receipt has no id)"
	case field == "matches" && want == true:
		if rule := ruleFor(r.ID, got.ID); rule != "" {
			return fmt.Sprintf(" (the receipt names %q: messageIdRule %s would match)", got.ID, rule)
		}
		return fmt.Sprintf(" (the receipt names %q: no messageIdRule matches that)", got.ID)
	case field == "state" && got.State == contract.DlrStatus_UNKNOWN.String():
		return " (a word of this MNO's own goes into receipts.words)"
	case field == "doneAt" && got.DoneAt == "":
		return " (a date without a zone needs receipts.timezone)"
	}
	return ""
}

// ruleFor is a messageIdRule, the simplest, that makes the id of a response and that of
// its receipt one; empty: none does.
func ruleFor(response, named string) string {
	words := []string{"as-is", "strip-zeros", "lower", "upper", "hex-to-dec", "dec-to-hex"}
	for _, first := range words {
		for _, name := range append([]string{first}, first+"+strip-zeros", first+"+lower") {
			rule, err := receipt.ParseIDRule(name)
			if err == nil && rule.Apply(receipt.Submitted, response) == rule.Apply(receipt.Receipted, named) {
				return rule.String()
			}
		}
	}
	return ""
}

// fields is a meaning by the names of its JSON.
func fields(r meaning) (m map[string]any) {
	octets, _ := json.Marshal(r)
	_ = json.Unmarshal(octets, &m)
	return m
}

// same compares values as JSON has them; null, {} and "" are all "nothing".
func same(a, b any) bool {
	nothing := func(v any) bool {
		switch v := v.(type) {
		case nil:
			return true
		case string:
			return v == ""
		case map[string]any:
			return len(v) == 0
		}
		return false
	}
	return nothing(a) && nothing(b) || reflect.DeepEqual(a, b)
}
