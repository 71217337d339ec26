package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// DeadLetters reads the events of sms.dispatch.dlq, sends their commands again
// and removes them (replay.go): what the command `dlq` does.
type DeadLetters struct {
	conn  *Conn
	marks *bucket // of what was replayed
}

// DeadLetters returns the dead letters of the stream SMPP_EVENTS.
func (c *Conn) DeadLetters() *DeadLetters {
	return &DeadLetters{conn: c, marks: c.bucket(contract.BucketReplays, "dead letters that were replayed (smpp-connector)", 0)}
}

// DeadLetter is one of them.
type DeadLetter struct {
	Sequence uint64    // in SMPP_EVENTS
	StoredAt time.Time // by the server's clock, which Since and Until go by
	Rejected *contract.DispatchRejected
	Octets   int // of the payload, which only Load fills in
	Trace    port.Trace

	Newer      uint64    // the latest dead letter of the same message, if this one is not
	Replays    int       // how often it was replayed
	ReplayedAt time.Time // the last time
}

// ReasonUnreadable is the reason of an event on the subject that is no dead
// letter of this connector's: it can be seen and removed.
const ReasonUnreadable = "unreadable"

// DeadLetterFilter selects dead letters; the zero value selects all. Every field
// that is set must be met.
type DeadLetterFilter struct {
	Sequences  []uint64 // or
	MessageIDs []string
	Reasons    []string
	Operators  []string
	Since      time.Time // inclusive
	Until      time.Time // exclusive
	Limit      int       // the newest of what is left; 0: all
}

func (f *DeadLetterFilter) selects(l *DeadLetter) bool {
	anyOf := func(wanted []string, has string) bool { return len(wanted) == 0 || slices.Contains(wanted, has) }
	named := len(f.Sequences)+len(f.MessageIDs) == 0 || slices.Contains(f.Sequences, l.Sequence) ||
		l.Rejected.GetMessageId() != "" && slices.Contains(f.MessageIDs, l.Rejected.GetMessageId())
	return named && anyOf(f.Reasons, l.Rejected.GetReason()) && anyOf(f.Operators, l.Rejected.GetOperatorId()) &&
		!l.StoredAt.Before(f.Since) && (f.Until.IsZero() || l.StoredAt.Before(f.Until))
}

// start is where the stream must be read from to find them.
func (f *DeadLetterFilter) start() directGet {
	request := directGet{Sequence: 1, NextFor: contract.SubjectDLQ, Batch: scanPage, MaxBytes: scanBytes}
	if !f.Since.IsZero() {
		request.Sequence, request.StartTime = 0, &f.Since
	} else if len(f.Sequences) > 0 && len(f.MessageIDs) == 0 {
		request.Sequence = max(slices.Min(f.Sequences), 1)
	}
	return request
}

// Find returns the dead letters that a filter selects, the newest last, without
// their payloads.
func (d *DeadLetters) Find(ctx context.Context, f DeadLetterFilter) ([]DeadLetter, error) {
	if _, err := d.conn.openEvents(ctx); err != nil {
		return nil, err
	}
	var found []DeadLetter
	type message struct{ subject, id string } // not the operator: a backup may have carried it one time
	newest := make(map[message]uint64)
	of := func(l *DeadLetter) message { return message{l.Rejected.GetSubject(), l.Rejected.GetMessageId()} }
	err := d.conn.scanEvents(ctx, f.start(), func(m *nats.Msg) {
		l := readDeadLetter(m)
		l.Rejected.Payload = nil
		if f.selects(&l) {
			found = append(found, l)
		}
		if of(&l).id != "" {
			newest[of(&l)] = l.Sequence
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read the dead letters: %w", err)
	}
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[len(found)-f.Limit:]
	}
	for i := range found {
		if last := newest[of(&found[i])]; last > found[i].Sequence {
			found[i].Newer = last
		}
	}
	return found, d.readMarks(ctx, found)
}

// Load fills in the payloads. It returns nil, or an error at the index of each
// that is there no more.
func (d *DeadLetters) Load(ctx context.Context, letters []DeadLetter) []error {
	errs := make([]error, len(letters))
	for i := range errs {
		errs[i] = errNotAnswered
	}
	err := d.conn.exchange.do(ctx, len(letters),
		func(i int, reply string) error {
			body, err := json.Marshal(directGet{Sequence: letters[i].Sequence})
			if err != nil {
				return err
			}
			return d.conn.nc.PublishRequest("$JS.API.DIRECT.GET."+contract.StreamEvents, reply, body)
		},
		func(i int, answer *nats.Msg) { errs[i] = letters[i].load(answer) })
	failed := false
	for i := range errs {
		if errors.Is(errs[i], errNotAnswered) {
			errs[i] = err
		}
		failed = failed || errs[i] != nil
	}
	if !failed {
		return nil
	}
	return errs
}

var errNotAnswered = errors.New("not answered")

// ErrNoDeadLetter is the error of a dead letter that was removed meanwhile, or
// has grown too old.
var ErrNoDeadLetter = errors.New("it is there no more")

func (l *DeadLetter) load(answer *nats.Msg) error {
	switch status := answer.Header.Get("Status"); {
	case status == "404", status == "" && answer.Header.Get(headerSubject) != contract.SubjectDLQ:
		return ErrNoDeadLetter
	case status == "503":
		return errNobody
	case status != "":
		return fmt.Errorf("the server refuses a get: %s %s", status, answer.Header.Get("Description"))
	}
	read := readDeadLetter(answer)
	if !read.StoredAt.Equal(l.StoredAt) {
		return ErrNoDeadLetter // the stream was made anew
	}
	l.Rejected = read.Rejected
	return nil
}

// Drop removes dead letters for good. The server forgets them; it does not
// overwrite their octets on its disk before it gives the file back, because that
// costs 20 ms each (measured), in which the stream stands still for everybody. It
// returns nil, or the error of each that was not removed at its index:
// ErrNoDeadLetter for one that was gone already.
func (d *DeadLetters) Drop(ctx context.Context, letters []DeadLetter) []error {
	errs := make([]error, len(letters))
	failed := false
	for start := 0; start < len(letters); start += dropGroup {
		group := letters[start:min(start+dropGroup, len(letters))]
		for i, err := range d.drop(ctx, group) {
			if err != nil {
				errs[start+i] = fmt.Errorf("remove dead letter %d: %w", group[i].Sequence, err)
				failed = true
			}
		}
	}
	if !failed {
		return nil
	}
	return errs
}

// dropGroup is how many are removed at once; a call's timeout is a group's.
const dropGroup = 500

func (d *DeadLetters) drop(ctx context.Context, letters []DeadLetter) []error {
	sequences := make([]uint64, len(letters))
	for i := range letters {
		sequences[i] = letters[i].Sequence
	}
	errs := d.conn.dropEvents(ctx, sequences, unlink)
	var stale []write
	for i := range letters {
		switch {
		case errs[i] == nil:
			if letters[i].Replays > 0 {
				w := purgeMark()
				w.key = markKey(&letters[i])
				stale = append(stale, w)
			}
		case !errors.Is(errs[i], errNotAnswered):
			if gone := d.Load(ctx, []DeadLetter{letters[i]}); gone != nil && errors.Is(gone[0], ErrNoDeadLetter) {
				errs[i] = ErrNoDeadLetter
			}
		}
	}
	if len(stale) > 0 {
		_ = d.marks.put(ctx, stale) // what stays goes when its time is over
	}
	return errs
}

// readDeadLetter reads an answer to a direct get.
func readDeadLetter(m *nats.Msg) DeadLetter {
	l := DeadLetter{Sequence: sequenceOf(m), StoredAt: storedAt(m), Rejected: new(contract.DispatchRejected), Trace: readTrace(m.Header)}
	if err := contract.Decode(m.Header.Get(contract.HeaderContentType), m.Data, l.Rejected); err != nil {
		l.Rejected = &contract.DispatchRejected{Reason: ReasonUnreadable, Detail: err.Error()}
	}
	l.Octets = len(l.Rejected.GetPayload())
	return l
}

// PayloadType is the Content-Type of a dead letter's payload, which the event does
// not say: JSON, unless it cannot be read as JSON and a messageId can be read out
// of it as protobuf.
func PayloadType(payload []byte) string {
	var fault *contract.FieldError
	_, err := contract.DecodeCommand(contract.ContentTypeJSON, payload)
	if !errors.As(err, &fault) || fault.Reason != contract.ReasonMalformed {
		return contract.ContentTypeJSON
	}
	command, err := contract.DecodeCommand(contract.ContentTypeProtobuf, payload)
	if command.GetMessageId() != "" || errors.As(err, &fault) && fault.MessageID != "" {
		return contract.ContentTypeProtobuf
	}
	return contract.ContentTypeJSON
}
