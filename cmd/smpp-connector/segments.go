package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	contract "github.com/ghasi/smpp-connector/proto"
)

// dryRun says what texts would cost and, on demand, the octets that would go out.
type dryRun struct {
	encoding  segment.Encoding // of plain lines
	reference uint
	octets    bool
	json      bool
}

// segments counts without sending (US-SC-036): what billing counts and what the
// connector sends come from the same walk.
func segments(_ context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("segments", flag.ContinueOnError)
	set.SetOutput(s.err)
	var run dryRun
	var f filter
	set.StringVar(&f.file, "file", "", "file with a text a line; standard input without it and without arguments")
	set.BoolVar(&run.json, "json", false, "print a JSON object a line")
	set.BoolVar(&run.octets, "octets", false, "with --json: data_coding, and each part's short_message in hex")
	set.UintVar(&run.reference, "reference", 0, "concatenation reference in the user data headers of --octets, 0 to 255")
	set.TextVar(&run.encoding, "encoding", segment.Auto, "AUTO, GSM7, UCS2 or GSM7_FORCE, of lines that do not say")
	set.Usage = func() {
		fmt.Fprint(s.err, "Usage: smpp-connector segments [flags] [TEXT…]\n\n"+
			"Says the encoding, the units and the segments of each text. A line that is a JSON object\n"+
			"with a string \"text\" (and perhaps an \"encoding\") is JSON, any other line is a text.\n\n")
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if run.reference > 255 {
		fmt.Fprintf(s.err, "smpp-connector segments: --reference %d is too large: want 0 to 255\n", run.reference)
		return 2
	}
	f.line, f.complain = run.line, run.complain
	return f.run("segments", set.Args(), s)
}

// counted is a line of --json.
type counted struct {
	Text        string           `json:"text"`
	Encoding    segment.Encoding `json:"encoding"`
	Units       int              `json:"units"`
	Segments    int              `json:"segments"`
	Fingerprint string           `json:"fingerprint"`
	Replaced    int              `json:"replaced,omitempty"` // characters that GSM7_FORCE replaced
	DataCoding  *uint8           `json:"data_coding,omitempty"`
	Parts       []string         `json:"parts,omitempty"`
}

func (d *dryRun) line(line string) (string, error) {
	text, want, err := d.read(line)
	if err != nil {
		return "", err
	}
	plan, err := segment.Split(text, want, segment.Rule{})
	if err != nil {
		return "", err
	}
	if !d.json {
		return fmt.Sprintf("%-4v  %5d units  %3d segments  %s  %s", plan.Encoding, plan.Units, plan.Segments, plan.Fingerprint(), text), nil
	}
	c := counted{Text: text, Encoding: plan.Encoding, Units: plan.Units, Segments: plan.Segments, Fingerprint: plan.Fingerprint(), Replaced: len(plan.Replaced)}
	if d.octets {
		if err := d.fill(&c, want); err != nil {
			return "", err
		}
	}
	return jsonLine(c), nil
}

// fill adds the octets as the connector's own planning makes them.
func (d *dryRun) fill(c *counted, want segment.Encoding) error {
	command := &contract.SmsDispatchCommand{MessageId: "dry-run", To: "0", Text: c.Text, Encoding: contract.Encoding_Value(want)}
	rules := dispatch.Rules{Source: dispatch.DefaultNumbering, Destination: dispatch.DefaultNumbering, UCS2DataCoding: codec.DataCodingUCS2}
	plan, refusal := dispatch.Make(command, rules, time.Now())
	if refusal != nil {
		return refusal
	}
	var pdu codec.SubmitSM
	var scratch []byte
	for part := range plan.PDUs() {
		scratch = plan.Fill(part, uint16(d.reference), &pdu, scratch)
		c.Parts = append(c.Parts, hex.EncodeToString(pdu.ShortMessage))
	}
	coding := uint8(pdu.DataCoding)
	c.DataCoding = &coding
	return nil
}

func (d *dryRun) complain(line string, err error) string {
	if !d.json {
		return "error: " + err.Error()
	}
	text, _, readErr := d.read(line)
	if readErr != nil {
		text = strings.ToValidUTF8(line, "\uFFFD")
	}
	return jsonLine(struct {
		Text  string `json:"text"`
		Error string `json:"error"`
	}{strings.ToValidUTF8(text, "\uFFFD"), err.Error()})
}

// read takes a line as JSON when it is an object with a string "text", else as it is.
func (d *dryRun) read(line string) (text string, want segment.Encoding, err error) {
	text, fields, isJSON, err := textObject(line)
	if !isJSON {
		return line, d.encoding, nil
	}
	if err != nil {
		return "", 0, err
	}
	want = d.encoding
	if given, ok := fields["encoding"]; ok {
		var name string
		if err := json.Unmarshal(given, &name); err != nil {
			return "", 0, errors.New("encoding: not a string: want AUTO, GSM7, UCS2 or GSM7_FORCE")
		}
		if want, err = segment.ParseEncoding(name); err != nil {
			return "", 0, fmt.Errorf("encoding: %w", err)
		}
	}
	return text, want, nil
}

// textObject reads a line that is a JSON object with a string "text"; isJSON is
// false for every other line. A lone surrogate, which encoding/json would quietly
// replace, is an error.
func textObject(line string) (text string, fields map[string]json.RawMessage, isJSON bool, err error) {
	if !strings.HasPrefix(strings.TrimLeft(line, " \t"), "{") || json.Unmarshal([]byte(line), &fields) != nil {
		return "", nil, false, nil
	}
	raw := string(fields["text"])
	if !strings.HasPrefix(raw, `"`) {
		return "", nil, false, nil
	}
	if text, err = contract.ReadString(raw); err != nil {
		err = fmt.Errorf("text: %w", err)
	}
	return text, fields, true, err
}

// jsonLine is a value as JSON on one line, for people and programs: no HTML escapes.
func jsonLine(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return `{"error":"` + err.Error() + `"}` // no value of ours is without a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}
