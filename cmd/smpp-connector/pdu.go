package main

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/pdujson"
	"github.com/ghasi/smpp-connector/codec/receipt"
)

// pdus reads and writes PDUs for people and scripts: `pdu decode` makes a line of
// each PDU in hex, `pdu encode` the reverse, `pdu receipt` reads the text of a
// delivery receipt.
func pdus(_ context.Context, args []string, s streams) int {
	kinds := map[string]func(asJSON bool) filter{"decode": decoding, "encode": encoding, "receipt": reading}
	const usage = "Usage: smpp-connector pdu decode|encode|receipt [--json] [--file FILE] [LINE…]\n\n" +
		"  decode   PDUs in hex, one a line; --json prints them as pdu encode reads them\n" +
		"  encode   PDUs as JSON, one a line, to hex\n" +
		"  receipt  texts of delivery receipts, one a line (or {\"text\": …}); --json prints the fields\n\n" +
		"One line of output for each line of input; a wrong line is told and the next goes on.\n"
	if len(args) == 0 || kinds[args[0]] == nil {
		fmt.Fprint(s.err, usage)
		return usageStatus(args)
	}
	set := flag.NewFlagSet("pdu "+args[0], flag.ContinueOnError)
	set.SetOutput(s.err)
	set.Usage = func() { fmt.Fprint(s.err, usage) }
	asJSON := set.Bool("json", false, "")
	file := set.String("file", "", "")
	if err := set.Parse(args[1:]); err != nil {
		return flagStatus(err)
	}
	f := kinds[args[0]](*asJSON)
	f.file = *file
	return f.run("pdu "+args[0], set.Args(), s)
}

// decoding makes a line of a PDU in hex. Passwords are masked in the line for
// people; the JSON form is whole, so that it can be written back.
func decoding(asJSON bool) filter {
	return filter{
		line: func(line string) (string, error) {
			octets, err := readHex(line)
			if err != nil {
				return "", err
			}
			if asJSON {
				out, err := pdujson.MarshalFrame(octets)
				return string(out), err
			}
			var decoder codec.Decoder
			pdu, err := decoder.Parse(octets)
			if err != nil {
				return "", err
			}
			out := codec.Dump(pdu)
			for _, t := range decoder.Tolerated() {
				out += " (tolerated: " + t.Reason.String() + " in " + t.Field + ")"
			}
			return out, nil
		},
		complain: complainOf(asJSON),
	}
}

// readHex reads octets in hex; blanks and colons between them are as dumps have them.
func readHex(line string) ([]byte, error) {
	digits := strings.NewReplacer(" ", "", "\t", "", ":", "").Replace(strings.TrimPrefix(strings.TrimSpace(line), "0x"))
	octets, err := hex.DecodeString(digits)
	if err != nil {
		return nil, fmt.Errorf("%d characters that are no octets in hex: want two digits an octet", len(line))
	}
	return octets, nil
}

// encoding makes the octets of a PDU as JSON, in hex.
func encoding(asJSON bool) filter {
	return filter{
		line: func(line string) (string, error) {
			pdu, err := pdujson.Unmarshal([]byte(line))
			if err != nil {
				return "", err
			}
			octets := hex.EncodeToString(codec.Append(nil, pdu))
			if asJSON {
				return jsonLine(struct {
					Hex string `json:"hex"`
				}{octets}), nil
			}
			return octets, nil
		},
		complain: complainOf(asJSON),
	}
}

// wrongLine is the line of --json for a line that is wrong.
type wrongLine struct {
	Error   string `json:"error"`
	Command string `json:"command"` // empty when the header could not be read
	Field   string `json:"field"`
	Offset  int    `json:"offset"` // of the field, from the first octet of the header
}

func complainOf(asJSON bool) func(string, error) string {
	return func(_ string, err error) string {
		if !asJSON {
			return "error: " + err.Error()
		}
		w := wrongLine{Error: err.Error()}
		var wrong *codec.DecodeError
		var member *pdujson.Error
		switch {
		case errors.As(err, &wrong):
			w.Field, w.Offset = wrong.Field, wrong.Offset
			if wrong.Command != 0 {
				w.Command = wrong.Command.String()
			}
		case errors.As(err, &member):
			w.Field = member.Member
		}
		return jsonLine(w)
	}
}

// receiptFields is the JSON form of a receipt's text: null for a field that is
// not there. Dates without a zone are the SMSC's local time.
type receiptFields struct {
	ID            *string `json:"id"`
	Sub           *string `json:"sub"`
	Dlvrd         *string `json:"dlvrd"`
	SubmitDate    *string `json:"submit_date"`
	DoneDate      *string `json:"done_date"`
	Stat          *string `json:"stat"`
	Err           *string `json:"err"`
	Text          *string `json:"text"`
	SubmitDateISO *string `json:"submit_date_iso"`
	DoneDateISO   *string `json:"done_date_iso"`
}

// reading takes the text of a receipt apart. It never fails: a text without
// labels has no fields.
func reading(asJSON bool) filter {
	return filter{
		line: func(line string) (string, error) {
			text, _, isJSON, err := textObject(line)
			if err != nil {
				return "", err
			}
			if !isJSON {
				text = line
			}
			fields := receipt.Parse([]byte(text))
			if asJSON {
				return jsonLine(receiptFields{ID: field(fields.ID), Sub: field(fields.Sub), Dlvrd: field(fields.Dlvrd), SubmitDate: field(fields.SubmitDate),
					DoneDate: field(fields.DoneDate), Stat: field(fields.Stat), Err: field(fields.Err), Text: field(fields.Text),
					SubmitDateISO: isoDate(fields.SubmitDate), DoneDateISO: isoDate(fields.DoneDate)}), nil
			}
			r := receipt.Resolve(fields, receipt.TLVs{})
			return fmt.Sprintf("id=%q state=%v final=%v stat=%q err=%q submit_date=%s done_date=%s", r.ID, codec.MessageState(r.State), r.Final, r.Word, r.Err,
				orNothing(isoDate(fields.SubmitDate)), orNothing(isoDate(fields.DoneDate))), nil
		},
		complain: complainOf(asJSON),
	}
}

func field(v receipt.Value) *string {
	if !v.Set {
		return nil
	}
	text := v.Text
	if !utf8.ValidString(text) { // an octet that is no UTF-8 is the character of its number
		runes := make([]rune, len(text))
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		text = string(runes)
	}
	return &text
}

func isoDate(v receipt.Value) *string {
	d, ok := receipt.ParseDate(v.Text, nil)
	if !ok {
		return nil
	}
	iso := d.Time.Truncate(time.Second).Format("2006-01-02T15:04:05")
	return &iso
}

func orNothing(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}
