package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
)

// letterTime is to the millisecond: what is printed can be given to --since.
const letterTime = "2006-01-02T15:04:05.000Z"

// list prints a line of each dead letter: nothing of a text, no number in full.
func (d *dlq) list(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, status, err := d.find(ctx, letters, s)
	if err != nil {
		return status, err
	}
	if !d.json {
		printLetters(s.out, found)
		return status, nil
	}
	for i := range found {
		fmt.Fprintln(s.out, jsonLine(letterOf(&found[i])))
	}
	return status, nil
}

// printLetters prints lines for people, in columns.
func printLetters(w io.Writer, letters []natsjs.DeadLetter) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range letters {
		l, r := &letters[i], letters[i].Rejected
		fmt.Fprintf(columns, "%d\t%s\t%s\t%s\t%s\t%s\t%s", l.Sequence, l.StoredAt.UTC().Format(letterTime), orDash(r.GetOperatorId()),
			orDash(r.GetMessageId()), orDash(r.GetReason()), orDash(r.GetField()), count(int(r.GetDeliveryCount()), "attempt"))
		if notes := notesOf(l); len(notes) > 0 {
			fmt.Fprintf(columns, "\t%s", strings.Join(notes, ", "))
		}
		fmt.Fprintln(columns)
	}
	_ = columns.Flush() // of a standard stream; nobody is left to be told
}

// notesOf is what most dead letters have nothing of.
func notesOf(l *natsjs.DeadLetter) (notes []string) {
	if status := l.Rejected.GetEsmeStatus(); status != "" {
		notes = append(notes, printable(status))
	}
	if l.Rejected.GetPayloadTruncated() {
		notes = append(notes, "payload cut")
	}
	if l.Replays > 0 {
		notes = append(notes, "replayed "+l.ReplayedAt.UTC().Format(letterTime))
	}
	if l.Newer != 0 {
		notes = append(notes, fmt.Sprintf("rejected again: %d", l.Newer))
	}
	return notes
}

// letterJSON is a line of --json.
type letterJSON struct {
	Sequence      uint64 `json:"sequence"`
	Time          string `json:"time"`
	OperatorID    string `json:"operatorId"`
	MessageID     string `json:"messageId"` // empty: it could not be read
	Reason        string `json:"reason"`
	Field         string `json:"field"`
	Attempts      uint32 `json:"attempts"`
	ESMEStatus    string `json:"esmeStatus,omitempty"`
	PayloadOctets int    `json:"payloadOctets"`
	PayloadCut    bool   `json:"payloadTruncated,omitempty"`
	Replays       int    `json:"replays"`
	ReplayedAt    string `json:"replayedAt,omitempty"`
	RejectedAgain uint64 `json:"rejectedAgain,omitempty"` // the sequence of the message's latest dead letter
}

// shownJSON is what show adds.
type shownJSON struct {
	letterJSON
	Detail      string         `json:"detail"`
	Subject     string         `json:"subject"`
	TraceParent string         `json:"traceparent,omitempty"`
	ContentType string         `json:"contentType"`
	Fields      map[string]int `json:"payloadFields,omitempty"` // by name: characters of a string, octets of what is none
	Payload     *string        `json:"payload,omitempty"`       // --payload
	PayloadHex  string         `json:"payloadHex,omitempty"`    // --payload, of octets that are no UTF-8
}

func letterOf(l *natsjs.DeadLetter) letterJSON {
	r := l.Rejected
	out := letterJSON{Sequence: l.Sequence, Time: l.StoredAt.UTC().Format(time.RFC3339Nano), OperatorID: r.GetOperatorId(), MessageID: r.GetMessageId(),
		Reason: r.GetReason(), Field: r.GetField(), Attempts: r.GetDeliveryCount(), ESMEStatus: r.GetEsmeStatus(), PayloadOctets: l.Octets,
		PayloadCut: r.GetPayloadTruncated(), Replays: l.Replays, RejectedAgain: l.Newer}
	if l.Replays > 0 {
		out.ReplayedAt = l.ReplayedAt.UTC().Format(time.RFC3339Nano)
	}
	return out
}

// show prints all about the dead letters that are named.
func (d *dlq) show(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, status, err := d.find(ctx, letters, s)
	if err != nil {
		return status, err
	}
	for i := range found {
		if errs := letters.Load(ctx, found[i:i+1]); errs != nil {
			status = 1
			fmt.Fprintf(s.err, "dead letter %d: %v\n", found[i].Sequence, errs[0])
			continue
		}
		if d.json {
			fmt.Fprintln(s.out, jsonLine(d.shown(&found[i])))
			continue
		}
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		d.print(s.out, &found[i])
	}
	return status, nil
}

func (d *dlq) shown(l *natsjs.DeadLetter) shownJSON {
	r := l.Rejected
	out := shownJSON{letterJSON: letterOf(l), Detail: r.GetDetail(), Subject: r.GetSubject(), TraceParent: l.Trace.Parent,
		ContentType: natsjs.PayloadType(r.GetPayload()), Fields: fieldsOf(r.GetPayload())}
	switch payload := string(r.GetPayload()); {
	case !d.payload:
	case utf8.ValidString(payload) && out.ContentType == contract.ContentTypeJSON:
		out.Payload = &payload
	default:
		out.PayloadHex = hex.EncodeToString(r.GetPayload())
	}
	return out
}

// print is show for people.
func (d *dlq) print(w io.Writer, l *natsjs.DeadLetter) {
	r := l.Rejected
	line := func(name, value string) { fmt.Fprintf(w, "%-12s%s\n", name, value) }
	line("sequence", strconv.FormatUint(l.Sequence, 10))
	line("time", l.StoredAt.UTC().Format(letterTime))
	line("operator", orDash(r.GetOperatorId()))
	line("message", orDash(r.GetMessageId()))
	line("reason", orDash(r.GetReason()))
	line("field", orDash(r.GetField()))
	line("detail", legible(r.GetDetail()))
	if r.GetEsmeStatus() != "" {
		line("status", printable(r.GetEsmeStatus()))
	}
	if n := len(r.GetAcceptedParts()); n > 0 {
		line("went out", fmt.Sprintf("%d of %s: %s", n, count(int(r.GetPartsTotal()), "part"), strings.Trim(fmt.Sprint(r.GetAcceptedParts()), "[]")))
	}
	if r.GetAmbiguous() {
		line("ambiguous", "a submit was never answered: the recipient may have it; a replay may send it again")
	}
	line("attempts", strconv.FormatUint(uint64(r.GetDeliveryCount()), 10))
	line("subject", orDash(r.GetSubject()))
	line("trace", orDash(l.Trace.Parent))
	replayed := "never"
	if l.Replays > 0 {
		replayed = fmt.Sprintf("%s, last at %s", count(l.Replays, "time"), l.ReplayedAt.UTC().Format(letterTime))
	}
	line("replayed", replayed)
	if l.Newer != 0 {
		line("rejected", fmt.Sprintf("again: dead letter %d", l.Newer))
	}
	line("payload", masked(r))
	if d.payload {
		fmt.Fprintln(w, legible(string(bytes.TrimSpace(asJSON(r.GetPayload())))))
	}
}

// masked says of a payload what may be said: the names of its fields and their lengths.
func masked(r *contract.DispatchRejected) string {
	payload := r.GetPayload()
	text := count(len(payload), "octet") + " of JSON"
	if natsjs.PayloadType(payload) == contract.ContentTypeProtobuf {
		text = count(len(payload), "octet") + " of protobuf"
	}
	if r.GetPayloadTruncated() {
		text += ", cut"
	}
	fields := fieldsOf(payload)
	if fields == nil {
		return text + " that cannot be read"
	}
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, printable(name)+" "+strconv.Itoa(fields[name]))
	}
	return text + ": " + strings.Join(parts, ", ")
}

// fieldsOf returns the length of each field of a command: of a string in
// characters, of anything else as JSON has it; nil for what cannot be read.
func fieldsOf(payload []byte) map[string]int {
	var members map[string]json.RawMessage
	if json.Unmarshal(asJSON(payload), &members) != nil {
		return nil
	}
	lengths := make(map[string]int, len(members))
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text) == nil {
			lengths[name] = utf8.RuneCountInString(text)
		} else {
			lengths[name] = len(value)
		}
	}
	return lengths
}

// asJSON returns a command as JSON, also one that came as protobuf; what cannot
// be read as that stays as it is.
func asJSON(payload []byte) []byte {
	if natsjs.PayloadType(payload) == contract.ContentTypeJSON {
		return payload
	}
	var command contract.SmsDispatchCommand
	if contract.Decode(contract.ContentTypeProtobuf, payload, &command) != nil {
		return payload
	}
	text, _, err := contract.Encode(&command, false)
	if err != nil {
		return payload
	}
	return text
}

// legible is a text for a terminal: as it is, where nothing in it would be obeyed
// rather than shown.
func legible(text string) string {
	for _, r := range text {
		const joiners = "\u200C\u200D" // Dari and Pashto are written with them
		if r == utf8.RuneError || !unicode.IsPrint(r) && !strings.ContainsRune("\n\t"+joiners, r) {
			return strconv.Quote(text)
		}
	}
	return text
}

// printable is a word for a terminal and for a column: quoted where it has blanks,
// or anything that is not seen.
func printable(word string) string {
	for _, r := range word {
		if r == utf8.RuneError || r == ' ' || !unicode.IsPrint(r) {
			return strconv.Quote(word)
		}
	}
	return word
}

func orDash(word string) string {
	if word == "" {
		return "-"
	}
	return printable(word)
}

// message names a dead letter's message.
func message(l *natsjs.DeadLetter) string {
	if id := l.Rejected.GetMessageId(); id != "" {
		return "message " + printable(id)
	}
	return "a message without a messageId"
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
