package pdujson_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/pdujson"
)

// vectors are the octets of other implementations, with the JSON that describes
// them: the committed ones, and all 282 where the shared data is.
func vectors(t *testing.T) (lines [][]byte) {
	t.Helper()
	for _, path := range []string{"../testdata/valid.jsonl", "../../../shared/data/vectors/valid.jsonl"} {
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) && len(lines) > 0 {
			t.Logf("%s is not there: the committed subset alone is tested", path)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for scan := bufio.NewScanner(file); scan.Scan(); {
			lines = append(lines, bytes.Clone(scan.Bytes()))
		}
		file.Close()
	}
	return lines
}

// A vector's own JSON makes the PDU whose octets the vector has: the form is the
// one that people and other tools write.
func TestUnmarshalMakesTheOctetsOfTheVector(t *testing.T) {
	lines := vectors(t)
	if len(lines) < 40 {
		t.Fatalf("%d vectors", len(lines))
	}
	for _, line := range lines {
		var v struct{ Name, Hex string }
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		p, err := pdujson.Unmarshal(line)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		want := v.Hex
		if head := p.Head(); head.Status != codec.StatusOK && strings.Trim(want[32:], "0") == "" {
			want = want[:24] + want[24:32] // Append leaves out a body of NULs in an error response
			want = "00000010" + want[8:]
		}
		if got := hex.EncodeToString(codec.Append(nil, p)); got != want {
			t.Errorf("%s\n got %s\nwant %s", v.Name, got, want)
		}
	}
}

// Any PDU survives the way to JSON and back, octets above 0x7F and unknown commands too.
func TestRoundTrip(t *testing.T) {
	pdus := []codec.PDU{
		&codec.Raw{Header: codec.Header{Status: 1, Sequence: 2}, ID: 0x01020304, Body: []byte{0, 255, 7}},
		&codec.SubmitSM{SourceAddr: "\x80\xFF\"\\<", ShortMessage: []byte{0xFF}, TLVs: codec.TLVs{{Tag: 0x1403, Value: []byte{1}}, {Tag: 0x1403}}},
		&codec.BindReceiver{Bind: codec.Bind{SystemID: "esme", Password: "p\x01w"}},
	}
	for _, id := range codec.KnownCommands() {
		pdus = append(pdus, codec.New(id))
	}
	for _, p := range pdus {
		text, err := pdujson.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := pdujson.Unmarshal(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, want := codec.Append(nil, back), codec.Append(nil, p); !bytes.Equal(got, want) {
			t.Errorf("%s\n got %x\nwant %x", text, got, want)
		}
	}
}

// The form, written out once.
func TestMarshalForm(t *testing.T) {
	p := &codec.SubmitSMResp{Header: codec.Header{Sequence: 7}, MessageID: "abc"}
	p.TLVs.AddUint8(codec.TagCongestionState, 80)
	p.TLVs.Add(0x1403, nil)
	got, err := pdujson.Marshal(p)
	want := `{"command":"submit_sm_resp","command_length":29,"command_id":"0x80000004","command_status":"0x00000000",` +
		`"sequence_number":7,"fields":{"message_id":"abc"},"tlvs":[` +
		`{"tag":"0x0428","name":"congestion_state","length":1,"value_hex":"50"},` +
		`{"tag":"0x1403","name":"vendor_or_unknown","length":0,"value_hex":""}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

// Hand-written JSON: names do instead of numbers, and each mistake is named by its member.
func TestUnmarshalByHand(t *testing.T) {
	p, err := pdujson.Unmarshal([]byte(`{"command":"submit_sm","command_status":"","sequence_number":1,
		"fields":{"destination_addr":"937","data_coding":8,"sm_length":99},"tlvs":[{"name":"user_message_reference","value_hex":"0102"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := codec.Dump(p), "submit_sm seq=1 destination_addr=937 data_coding=8 short_message=0 octets user_message_reference=258"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for text, member := range map[string]string{
		`[]`:                    "document",
		`{"command":"submit"}`:  "command",
		`{"command_id":"four"}`: "command_id",
		`{"command_id":"0x4","command_status":"OK"}`:                                              "command_status",
		`{"command":"unbind","fields":{"colour":1}}`:                                              "fields.colour",
		`{"command":"unbind","fields":[]}`:                                                        "fields",
		`{"command":"query_sm","fields":{"message_id":5}}`:                                        "fields.message_id",
		`{"command":"query_sm","fields":{"message_id":"\u0627"}}`:                                 "fields.message_id",
		`{"command":"query_sm","fields":{"source_addr_ton":256}}`:                                 "fields.source_addr_ton",
		`{"command":"submit_sm","fields":{"short_message_hex":"abc"}}`:                            "fields.short_message_hex",
		`{"command":"submit_multi_resp","fields":{"unsuccess_smes":[{"error_status_code":"x"}]}}`: "fields.unsuccess_smes[0].error_status_code",
		`{"command":"submit_multi","fields":{"dest_addresses":[{"dl_name":"\u0627"}]}}`:           "fields.dest_addresses[0].dl_name",
		`{"command":"unbind","tlvs":[{"name":"no_such_tlv"}]}`:                                    "tlvs[0].name",
		`{"command":"unbind","tlvs":[{"tag":"0x12345"}]}`:                                         "tlvs[0].tag",
		`{"command":"unbind","tlvs":[{"tag":"0x0005","value_hex":"q"}]}`:                          "tlvs[0].value_hex",
		`{"command":"unknown_0x00000042","tlvs":[{"tag":"0x0005"}]}`:                              "tlvs",
	} {
		_, err := pdujson.Unmarshal([]byte(text))
		var e *pdujson.Error
		if !errors.As(err, &e) || e.Member != member {
			t.Errorf("%s: %v, want a complaint about %s", text, err, member)
		}
	}
}

// FuzzUnmarshal: any text is a PDU, which can be written, or an error.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"command":"submit_sm","fields":{"destination_addr":"937"},"tlvs":[{"tag":"0x0424","value_hex":"00"}]}`))
	f.Add([]byte(`{"command":"submit_multi","fields":{"dest_addresses":[{"dest_flag":2,"dl_name":"x"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := pdujson.Unmarshal(text)
		if err != nil {
			return
		}
		written, err := pdujson.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := pdujson.Unmarshal(written); err != nil || codec.Dump(again) != codec.Dump(p) {
			t.Fatalf("%s: %v", written, err)
		}
	})
}
