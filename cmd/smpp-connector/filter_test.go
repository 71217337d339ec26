package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// objects reads a file of JSON objects, a line each; nothing when a file of the
// shared data is not beside this checkout.
func objects(t *testing.T, path string) (list []map[string]any) {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) && strings.Contains(path, "shared") {
		t.Logf("%s is not there: our own data alone is tested", path)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o map[string]any
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, o)
	}
	if lines.Err() != nil || len(list) == 0 {
		t.Fatalf("%s: %d objects, %v", path, len(list), lines.Err())
	}
	return list
}

const shared = "../../../shared/data/"

// filtered runs a filter over lines on standard input.
func filtered(t *testing.T, lines []string, args ...string) (status int, out []string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, streams{strings.NewReader(strings.Join(lines, "\n") + "\n"), &stdout, &stderr})
	if stderr.Len() > 0 {
		t.Errorf("%v: %s", args, stderr.String())
	}
	out = strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if len(out) != len(lines) {
		t.Fatalf("%v: %d lines of output for %d of input", args, len(out), len(lines))
	}
	return status, out
}

func object(t *testing.T, line string) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return o
}

func column(list []map[string]any, name string) []string {
	values := make([]string, len(list))
	for i, o := range list {
		values[i], _ = o[name].(string)
	}
	return values
}

// US-SC-036: `segments` says of the 1,000 texts of the contract, and of the texts
// that five other calculators were asked, what is sent.
func TestUSSC036SegmentsCommand(t *testing.T) {
	for _, path := range []string{"../../codec/segment/testdata/contract.jsonl", shared + "segments/segments.jsonl"} {
		rows := objects(t, path)
		if rows == nil {
			continue
		}
		lines := make([]string, len(rows))
		for i, row := range rows {
			in := map[string]any{"text": row["text"]}
			if want, ok := row["want"]; ok {
				in["encoding"] = want
			}
			lines[i] = jsonLine(in)
		}
		status, out := filtered(t, lines, "segments", "--json")
		if status != 0 {
			t.Errorf("%s: exit status %d", path, status)
		}
		for i, row := range rows {
			got := object(t, out[i])
			for _, key := range []string{"text", "encoding", "units", "segments", "fingerprint"} {
				if want, ok := row[key]; ok && got[key] != want {
					t.Errorf("%s line %d: %s is %v, want %v", path, i+1, key, got[key], want)
				}
			}
			if len(got) < 5 || got["fingerprint"] == "" {
				t.Errorf("%s line %d: %s", path, i+1, out[i])
			}
		}
	}
}

// A line is JSON when it is an object with a string text; every other line is a
// text, and a wrong one is told in its place.
func TestSegmentsLineByLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "texts")
	lines := []string{`Hello`, ``, `{"text":"ښ"}`, `{"text":"x","encoding":"UCS2"}`, `{"text":5}`, `{"other":"x"}`, `{"text":"a\ud83dz"}`, "\xff", `{"text":"x","encoding":"EBCDIC"}`, `{"text":"ښx","encoding":"GSM7_FORCE"}`, strings.Repeat("x", 100_000)}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := call(t, "segments", "--json", "--octets", "--file", file)
	got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if status != 1 || len(got) != len(lines) {
		t.Fatalf("exit status %d, %d lines for %d", status, len(got), len(lines))
	}
	for i, want := range []string{
		`{"text":"Hello","encoding":"GSM7","units":5,"segments":1,"fingerprint":"1:`, `{"text":"","encoding":"GSM7","units":0,"segments":1,`,
		`{"text":"ښ","encoding":"UCS2","units":1,`, `{"text":"x","encoding":"UCS2",`, `{"text":"{\"text\":5}","encoding":"GSM7",`, `{"text":"{\"other\":\"x\"}",`,
		`{"text":"{\"text\":\"a\\ud83dz\"}","error":"text: has half a surrogate pair`, `{"text":"�","error":"`, `{"text":"{\"text\":\"x\",\"encoding\":\"EBCDIC\"}","error":"encoding: `,
		`{"text":"ښx","encoding":"GSM7","units":2,"segments":1,`, `{"text":"xxx`,
	} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("line %d: %.200s\nwant %s…", i+1, got[i], want)
		}
	}
	if o := object(t, got[9]); o["replaced"] != 1.0 || o["data_coding"] != 0.0 || !reflect.DeepEqual(o["parts"], []any{"3f78"}) {
		t.Errorf("%s", got[9])
	}
	if status, out, _ := call(t, "segments", "--json", "--octets", "--reference", "42", strings.Repeat("x", 161)); status != 0 || !strings.Contains(out, `"parts":["0500032a0201`) || !strings.Contains(out, `"0500032a02027878787878787878"]`) {
		t.Errorf("exit status %d: %s", status, out)
	}
	if status, out, _ := call(t, "segments", "سلام"); status != 0 || !strings.Contains(out, "UCS2") || !strings.Contains(out, "1 segments") {
		t.Errorf("exit status %d: %s", status, out)
	}
}

// `pdu decode --json` has the shape of the shared vectors, `pdu encode` is its reverse.
func TestPDUDecodeAndEncode(t *testing.T) {
	rows := append(objects(t, "../../codec/testdata/valid.jsonl"), objects(t, shared+"vectors/valid.jsonl")...)
	octets := column(rows, "hex")
	status, decoded := filtered(t, octets, "pdu", "decode", "--json")
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
	for i, row := range rows {
		got := object(t, decoded[i])
		for _, key := range []string{"command", "command_id", "command_status", "sequence_number", "fields", "tlvs"} {
			want := row[key]
			if key == "tlvs" {
				nameOurTLVs(want.([]any), got[key])
			}
			if !reflect.DeepEqual(got[key], want) {
				t.Errorf("%v: %s is %v, want %v", row["name"], key, got[key], want)
			}
		}
	}
	status, encoded := filtered(t, decoded, "pdu", "encode")
	again, redecoded := filtered(t, encoded, "pdu", "decode", "--json")
	if status != 0 || again != 0 {
		t.Errorf("exit status %d, %d", status, again)
	}
	for i, row := range rows {
		var was, is map[string]any
		was, is = object(t, decoded[i]), object(t, redecoded[i])
		if fields := was["fields"].(map[string]any); was["command_status"] != "0x00000000" && len(is["fields"].(map[string]any)) == 0 {
			delete(fields, "system_id") // an empty body of an error response is not written again (SMPP 3.4 §4.1.2)
		}
		delete(was, "command_length") // what was padded comes back without its padding
		delete(is, "command_length")
		if !reflect.DeepEqual(was, is) {
			t.Errorf("%v: %s\ncomes back as %s", row["name"], decoded[i], redecoded[i])
		}
	}
}

// nameOurTLVs: the vectors name those of SMPP 3.4, we those of 5.0 too.
func nameOurTLVs(want []any, got any) {
	list, _ := got.([]any)
	for i, w := range want {
		if o := w.(map[string]any); o["name"] == "vendor_or_unknown" && i < len(list) {
			o["name"] = list[i].(map[string]any)["name"]
		}
	}
}

// A wrong line is told with command, field and offset, and the next goes on.
func TestPDUDecodeTellsWhatIsWrong(t *testing.T) {
	const enquire = "00000010000000150000000000000001"
	lines := []string{enquire, enquire + "ff", "", "xyz", "0000001000000015", "00000010000000ff0000000000000001", "00 00:00 10 00000015 00000000 00000002", enquire}
	status, out := filtered(t, lines, "pdu", "decode", "--json")
	if status != 1 {
		t.Errorf("exit status %d", status)
	}
	for i := range lines {
		o := object(t, out[i])
		_, wrong := o["error"]
		if good := i == 0 || i == 6 || i == 7; wrong == good {
			t.Errorf("line %d: %s", i+1, out[i])
		}
		if wrong && len(o) != 4 {
			t.Errorf("line %d has other members than error, command, field, offset: %s", i+1, out[i])
		}
	}
	if o := object(t, out[1]); o["command"] != "enquire_link" || o["field"] != "command_length" {
		t.Errorf("octets behind the PDU: %s", out[1])
	}
	for _, row := range objects(t, shared+"vectors/malformed.jsonl") {
		octets := row["hex"].(string)
		if _, out := filtered(t, []string{octets, enquire}, "pdu", "decode", "--json"); !strings.Contains(out[1], "enquire_link") {
			t.Errorf("%v stops the next: %s", row["name"], out)
		}
	}
	_, people := filtered(t, []string{"00000026000000090000000000000001736d70700068756e7465723200003400000000"}, "pdu", "decode")
	if !strings.HasPrefix(people[0], "error: ") || strings.Contains(people[0], "hunter2") {
		t.Errorf("%s", people[0])
	}
	_, people = filtered(t, []string{"00000023000000090000000000000001736d70700068756e7465723200003400000000"}, "pdu", "decode")
	if !strings.HasPrefix(people[0], "bind_transceiver seq=1") || strings.Contains(people[0], "hunter2") {
		t.Errorf("%s", people[0])
	}
	for _, line := range []string{"{", `{"command":"dance"}`, `{"command":"submit_sm","fields":{"colour":"red"}}`} {
		if status, out := filtered(t, []string{line}, "pdu", "encode", "--json"); status != 1 || object(t, out[0])["error"] == "" {
			t.Errorf("%s: exit status %d: %s", line, status, out[0])
		}
	}
}

// `pdu receipt --json` has the shape of the shared receipts' expectations.
func TestPDUReceipt(t *testing.T) {
	rows := append(objects(t, "../../codec/receipt/testdata/receipts.jsonl"), objects(t, shared+"vectors/receipts.jsonl")...)
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = jsonLine(map[string]any{"text": row["text"]})
	}
	status, out := filtered(t, lines, "pdu", "receipt", "--json")
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
	for i, row := range rows {
		if got := object(t, out[i]); !reflect.DeepEqual(got, row["expect"]) {
			t.Errorf("%v: %s\nwant %v", row["name"], out[i], row["expect"])
		}
	}
	_, plain := filtered(t, []string{"id:1 stat:DELIVRD err:000 text:secret", "no receipt at all"}, "pdu", "receipt")
	if !strings.Contains(plain[0], `state=DELIVERED final=true`) || strings.Contains(plain[0], "secret") || !strings.Contains(plain[1], "state=UNKNOWN") {
		t.Errorf("%v", plain)
	}
}
