package main

import (
	"errors"
	"strconv"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// An answer is a line of JSON: a plan, with its parts' octets behind the line's
// end, or an error by its code. It is written by hand, since encoding/json would
// be a seventh of the module.

// The data_coding of each alphabet (SMPP 3.4 §5.2.19).
const (
	dataCodingDefault = 0x00
	dataCodingUCS2    = 0x08
)

func appendPlan(b []byte, p segment.Plan) []byte {
	coding := dataCodingDefault
	if p.Encoding == segment.UCS2 {
		coding = dataCodingUCS2
	}
	b = append(b, `{"encoding":`...)
	b = strconv.AppendQuote(b, p.Encoding.String())
	b = appendField(b, "units", p.Units)
	b = appendField(b, "segments", p.Segments)
	b = append(b, `,"fingerprint":`...)
	b = strconv.AppendQuote(b, p.Fingerprint())
	b = appendField(b, "dataCoding", coding)
	b = append(b, `,"lengths":[`...)
	for i, part := range p.Parts {
		b = strconv.AppendInt(appendComma(b, i), int64(len(part)), 10)
	}
	b = append(b, `],"replaced":[`...)
	for i, r := range p.Replaced {
		b = append(appendComma(b, i), '[')
		b = strconv.AppendInt(b, int64(r.Offset), 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(r.Rune), 10)
		b = append(b, ']')
	}
	b = append(b, "]}\n"...)
	for _, part := range p.Parts {
		b = append(b, part...)
	}
	return b
}

// appendError writes an error of package segment. Its message is Go's own, which
// holds no part of the text; the numbers beside it are for programs.
func appendError(b []byte, err error) []byte {
	var textErr *segment.TextError
	var tooLong *segment.TooLongError
	var rule *segment.RuleError
	switch {
	case errors.As(err, &textErr):
		code := "INVALID_UTF8"
		if textErr.Fault == segment.NotGSM7 {
			code = "NOT_GSM7"
		}
		b = appendFault(b, code, "text", err)
		b = appendField(b, "offset", textErr.Offset)
	case errors.As(err, &tooLong):
		b = appendFault(b, "TOO_LONG", "text", err)
		b = appendField(b, "segments", tooLong.Segments)
		b = appendField(b, "limit", tooLong.Limit)
	case errors.As(err, &rule):
		b = appendFault(b, "INVALID_OPTION", rule.Field, err)
	default: // there is no fourth
		b = appendFault(b, "INVALID_OPTION", "options", err)
	}
	return append(b, "}\n"...)
}

// appendFault opens an error. The words are printable, so that Go's quotes are JSON's.
func appendFault(b []byte, code, field string, err error) []byte {
	b = append(b, `{"code":`...)
	b = strconv.AppendQuote(b, code)
	b = append(b, `,"field":`...)
	b = strconv.AppendQuote(b, field)
	b = append(b, `,"message":`...)
	return strconv.AppendQuote(b, err.Error())
}

func appendField(b []byte, name string, value int) []byte {
	b = append(b, ',')
	b = strconv.AppendQuote(b, name)
	b = append(b, ':')
	return strconv.AppendInt(b, int64(value), 10)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}
