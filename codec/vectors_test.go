package codec_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/pdujson"
)

// Octets that other implementations wrote: a codec that is only held to itself
// can be wrong in both directions.

const sharedVectors = "../../shared/data/vectors/"

// vector is one line of valid.jsonl or malformed.jsonl.
type vector struct {
	Name    string         `json:"name"`
	Hex     string         `json:"hex"`
	Command string         `json:"command"`
	ID      string         `json:"command_id"`
	Length  int            `json:"command_length"`
	Status  string         `json:"command_status"`
	Seq     uint32         `json:"sequence_number"`
	Fields  map[string]any `json:"fields"`
	TLVs    []map[string]any
	OffSpec []string `json:"off_spec"`
	Problem string   `json:"problem"`
}

func (v vector) octets(t *testing.T) []byte {
	t.Helper()
	octets, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return octets
}

// readVectors reads a file of vectors, one JSON object a line.
func readVectors(t *testing.T, path string) []vector {
	t.Helper()
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(path, sharedVectors) {
		t.Logf("%s is not there: the committed subset alone is tested", path)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []vector
	lines := bufio.NewScanner(file)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		list = append(list, v)
	}
	if err := lines.Err(); err != nil || len(list) == 0 {
		t.Fatalf("%s: %d vectors, %v", path, len(list), err)
	}
	return list
}

// TestValidVectors: every vector parses into the fields that three other decoders
// found, and is written again with the same octets.
func TestValidVectors(t *testing.T) {
	list := append(readVectors(t, "testdata/valid.jsonl"), readVectors(t, sharedVectors+"valid.jsonl")...)
	var lent codec.Decoder
	for _, v := range list {
		frame := v.octets(t)
		p, err := codec.Parse(frame)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		checkFields(t, v, p)
		if again := codec.Append(nil, p); !bytes.Equal(again, frame) && !uncanonical(frame) {
			t.Errorf("%s: written again\n got %x\nwant %x", v.Name, again, frame)
		}
		l, err := lent.Parse(frame)
		if err != nil || !bytes.Equal(codec.Append(nil, l), codec.Append(nil, p)) {
			t.Errorf("%s: a lent struct reads something else: %v", v.Name, err)
		}
		if off := lent.Tolerated(); len(off) != len(v.OffSpec) {
			t.Errorf("%s: tolerated %v, off spec %v", v.Name, off, v.OffSpec)
		}
	}
}

// uncanonical reports the one shape that Append does not repeat: a body of NULs
// in an error response, which SMPP 3.4 leaves out (§4.4.2).
func uncanonical(frame []byte) bool {
	_, id, status, _, _ := codec.ParseHeader(frame)
	return id.IsResponse() && status != codec.StatusOK && len(bytes.Trim(frame[codec.HeaderLen:], "\x00")) == 0
}

// checkFields compares p, through its JSON form, with what the vector says.
func checkFields(t *testing.T, v vector, p codec.PDU) {
	t.Helper()
	text, err := pdujson.Marshal(p)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	var got vector
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v in %s", v.Name, err, text)
	}
	if got.Command != v.Command || got.Seq != v.Seq || !strings.EqualFold(got.Status, v.Status) {
		t.Errorf("%s: header %s %s %d, want %s %s %d", v.Name, got.Command, got.Status, got.Seq, v.Command, v.Status, v.Seq)
	}
	if len(v.octets(t)) > codec.HeaderLen && !reflect.DeepEqual(lower(got.Fields), lower(v.Fields)) {
		t.Errorf("%s: fields\n got %v\nwant %v", v.Name, got.Fields, v.Fields)
	}
	if len(got.TLVs) != len(v.TLVs) {
		t.Fatalf("%s: %d TLVs, want %d", v.Name, len(got.TLVs), len(v.TLVs))
	}
	for i, want := range v.TLVs {
		for _, key := range []string{"tag", "value_hex", "length", "name"} {
			if g, w := fmt.Sprint(got.TLVs[i][key]), fmt.Sprint(want[key]); !strings.EqualFold(g, w) && w != "vendor_or_unknown" {
				t.Errorf("%s: TLV %d: %s %s, want %s", v.Name, i, key, g, w)
			}
		}
	}
}

// lower makes the case of hex digits not matter.
func lower(v any) string { return strings.ToLower(fmt.Sprint(v)) }

// TestMalformedVectors: each of the 118 gets what testdata/malformed.tsv says, which
// is our rule for its problem; the octets of those that are not ours to repeat are
// read where the shared data is.
func TestMalformedVectors(t *testing.T) {
	shared := map[string]vector{}
	for _, v := range readVectors(t, sharedVectors+"malformed.jsonl") {
		shared[v.Name] = v
	}
	rows := readTable(t, "testdata/malformed.tsv")
	if len(rows) != 118 {
		t.Fatalf("%d rows, want 118", len(rows))
	}
	tested := 0
	for _, row := range rows {
		v := vector{Name: row[0], Problem: row[1], Hex: row[3]}
		if given, ok := shared[v.Name]; ok {
			if given.Problem != v.Problem {
				t.Errorf("%s: problem %s in the table, %s in the data", v.Name, v.Problem, given.Problem)
			}
			v = given
		} else if len(shared) > 0 {
			t.Errorf("%s is not in the data", v.Name)
		}
		delete(shared, v.Name)
		if v.Hex == "-" {
			continue
		}
		tested++
		if got := judge(v.octets(t)); got != row[2] {
			t.Errorf("%s (%s)\n got %s\nwant %s", v.Name, v.Problem, got, row[2])
		}
	}
	for name := range shared {
		t.Errorf("%s has no row in the table", name)
	}
	if tested < 60 {
		t.Errorf("only %d vectors tested", tested)
	}
}

// readTable reads a TSV file under its heading line.
func readTable(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(path, "../../shared") {
		t.Logf("%s is not there", path)
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\n"), "\t"))
	}
	return rows[1:]
}

// judge says in words what becomes of a stream of octets: PDU by PDU, as a session
// would hear them.
func judge(stream []byte) string {
	var said []string
	frames, decoder := codec.NewFramer(bytes.NewReader(stream), 0), codec.Decoder{}
	for {
		frame, err := frames.Next()
		switch {
		case err == io.EOF:
			return strings.Join(said, ", then ")
		case err == io.ErrUnexpectedEOF:
			return strings.Join(append(said, "wait"), ", then ")
		case err != nil:
			return strings.Join(append(said, verdict(err)), ", then ")
		}
		if _, err := decoder.Parse(frame); err != nil {
			said = append(said, verdict(err))
			continue
		}
		words := "accept"
		for _, e := range decoder.Tolerated() {
			words += " in spite of " + fmt.Sprintf("%v in %s at %d", e.Reason, e.Field, e.Offset)
		}
		said = append(said, words)
	}
}

// verdict is what the rules say of an error: the reaction, the status, the fate of the link.
func verdict(err error) string {
	out := codec.Rule(err)
	words := out.Reaction.String()
	if answer := codec.Reply(err); answer != nil {
		words = fmt.Sprintf("%v %s", answer.Command(), answer.Head().Status.String())
	}
	if out.Close {
		words += " and close"
	}
	var e *codec.DecodeError
	if errors.As(err, &e) {
		words += fmt.Sprintf(": %v in %s at %d", e.Reason, e.Field, e.Offset)
	}
	return words
}
