package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Commands that are made dead letters of where they lie, because no intake gets them:
// nobody reads their subject, or their MNO has been away for as long as the stream keeps
// them. A dead letter can be seen and replayed; what the server drops is gone.

// The reasons of such dead letters.
const (
	ReasonUnserved = "unserved"            // no consumer reads its subject
	ReasonMaxAge   = contract.ReasonMaxAge // it would have been dropped by the server
)

// ErrServed is the error of burying what a consumer reads.
var ErrServed = errors.New("this subject has a consumer: its commands are not given up; if its operator or bind is gone for good, delete the consumer (nats consumer rm) first")

// Bury makes dead letters, reason unserved, of the commands on a subject that no
// consumer reads, and returns how many: they can be seen and replayed, where they would
// be dropped at the stream's MaxAge. Each is taken out once its event is stored.
func (d *DeadLetters) Bury(ctx context.Context, subject string) (buried int, err error) {
	if !dispatchSubject(subject) {
		return 0, fmt.Errorf("subject %q is none of commands: want one that `dlq unserved` prints", subject)
	}
	name, err := d.conn.js.StreamNameBySubject(ctx, subject)
	if err != nil || !contract.IsDispatchStream(name) {
		return 0, fmt.Errorf("find the stream of subject %s: %w", subject, away(errors.Join(err, ctx.Err())))
	}
	stream, err := d.conn.js.Stream(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("stream %s: %w", name, away(err))
	}
	for next := uint64(1); ; {
		if buried%lookAgain == 0 {
			read, err := readersOf(ctx, stream)
			if err != nil {
				return buried, err
			}
			if read.of(subject) != nil {
				return buried, ErrServed
			}
		}
		m, err := commandFrom(ctx, stream, next, subject)
		if m == nil || err != nil {
			return buried, err
		}
		if _, err := d.bury(ctx, stream, []grave{{unservedLetter(m), m.Sequence, readTrace(m.Header)}}); err != nil {
			return buried, err
		}
		buried, next = buried+1, m.Sequence+1
	}
}

// lookAgain is after how many commands it is looked for a pod that has come meanwhile.
// What such a pod is handed before may be submitted and dead-lettered both; its dead
// letter says unserved, and the replay asks the correlations first.
const lookAgain = 100

// WentOut writes into the dead letter of a command what is known to have gone out of it all
// the same. An error says that something may be missing: a store is away, or whoever is
// asked does not know the accounts.
type WentOut func(ctx context.Context, letter *contract.DispatchRejected) error

// BuryDue makes dead letters, reason max_age, of the commands in a stream that the server
// is about to drop, and returns them, the oldest first. Each is taken out once its event
// is stored, and says what has gone out.
//
// What a pod may have in hand is left to it, which gives up what is due itself: that was
// delivered, by a consumer that has delivered something within its inHand. What is not known
// to have gone out is left for another look, of a pod that knows more. Both for a while:
// what is left then is buried as it is, so that the server never drops anything in silence.
//
// now is when it is; it need not be the server's.
func (d *DeadLetters) BuryDue(ctx context.Context, name string, now time.Time, wentOut WentOut) (buried []*contract.DispatchRejected, err error) {
	stream, err := d.conn.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, away(err))
	}
	maxAge := stream.CachedInfo().Config.MaxAge
	d.conn.sawMaxAge(stream.CachedInfo().Config)
	if maxAge <= 0 {
		return nil, nil
	}
	b := burial{letters: d, stream: stream, maxAge: maxAge, now: now, wentOut: wentOut}
	request := directGet{Sequence: 1, NextFor: ">", Batch: lookAgain, MaxBytes: scanBytes}
	for {
		found, pending, err := d.conn.getMany(ctx, name, request)
		if err != nil || len(found) == 0 {
			return buried, err
		}
		due := 0
		for due < len(found) && b.until(found[due]) <= dropMargin(maxAge) {
			due++
		}
		taken, err := b.page(ctx, found[:due])
		buried = append(buried, taken...)
		if err != nil || due < len(found) || pending == 0 {
			return buried, err
		}
		request.Sequence = sequenceOf(found[len(found)-1]) + 1
	}
}

// burial is one look at a stream that holds commands.
type burial struct {
	letters *DeadLetters
	stream  jetstream.Stream
	maxAge  time.Duration
	now     time.Time
	wentOut WentOut
}

// until is how long it is until the server drops a command.
func (b *burial) until(m *nats.Msg) time.Duration {
	return storedAt(m).Add(b.maxAge).Sub(b.now)
}

// page buries what is to be buried of commands that are due.
func (b *burial) page(ctx context.Context, due []*nats.Msg) ([]*contract.DispatchRejected, error) {
	if len(due) == 0 {
		return nil, nil
	}
	read, err := readersOf(ctx, b.stream)
	if err != nil {
		return nil, err
	}
	var graves []grave
	for _, m := range due {
		if letter := b.letterOf(ctx, rawOf(m), read, b.until(m) <= lastMargin(b.maxAge)); letter != nil {
			graves = append(graves, grave{letter, sequenceOf(m), readTrace(m.Header)})
		}
	}
	return b.letters.bury(ctx, b.stream, graves)
}

// letterOf is the dead letter of a command that is due; nil: it is left for another look,
// but at the last one.
func (b *burial) letterOf(ctx context.Context, m *jetstream.RawStreamMsg, read readers, last bool) *contract.DispatchRejected {
	reader := read.of(m.Subject)
	upTo, lately := handedOutOf(reader)
	delivered := m.Sequence <= upTo
	if delivered && !last && b.now.Sub(lately) < inHand(reader) {
		return nil
	}
	letter := maxAgeLetter(m, b.now.Sub(m.Time), b.maxAge)
	letter.Ambiguous = delivered
	if delivered || m.Header.Get(contract.HeaderReplay) != "" {
		if err := b.wentOut(ctx, letter); err != nil && !last {
			return nil
		}
	}
	return letter
}

// rawOf is an answer to a direct get as the message that it tells.
func rawOf(m *nats.Msg) *jetstream.RawStreamMsg {
	return &jetstream.RawStreamMsg{Subject: m.Header.Get(headerSubject), Sequence: sequenceOf(m), Header: m.Header, Data: m.Data, Time: storedAt(m)}
}

// handedOutOf is up to which sequence of its stream a consumer, or one of its name before it,
// has handed commands out, and when it was last; nil has handed out none.
func handedOutOf(reader *jetstream.ConsumerInfo) (upTo uint64, last time.Time) {
	if reader == nil {
		return 0, last
	}
	last = reader.Created // the one before it was deleted then
	if d := reader.Delivered.Last; d != nil && d.After(last) {
		last = *d
	}
	return max(reader.Delivered.Stream, termOf(reader).inherited), last
}

// inHand is how long after its last delivery a consumer is taken to have commands in
// somebody's hands: well above AckWait, after which they would have come again.
func inHand(reader *jetstream.ConsumerInfo) time.Duration {
	return reader.Config.AckWait + 4*time.Minute
}

// dropMargin is how long before the server drops a command it is due; lastMargin how long
// before whatever is left is buried.
func dropMargin(maxAge time.Duration) time.Duration { return min(30*time.Minute, maxAge/4) }
func lastMargin(maxAge time.Duration) time.Duration { return dropMargin(maxAge) / 2 }

// LookEvery is about how often a stream with this MaxAge must be looked at. Between two
// looks it may be half as long again: that is twice in a lastMargin.
func LookEvery(maxAge time.Duration) time.Duration {
	if maxAge <= 0 {
		return mostBetweenLooks
	}
	return min(mostBetweenLooks, dropMargin(maxAge)/6)
}

const mostBetweenLooks = 5 * time.Minute

// longestWait is from which age on a command is due; 0: none ever is.
func longestWait(maxAge time.Duration) time.Duration { return maxAge - dropMargin(maxAge) }

// commandFrom returns the first command from a sequence on whose subject is covered; nil:
// there is none.
func commandFrom(ctx context.Context, stream jetstream.Stream, next uint64, subject string) (*jetstream.RawStreamMsg, error) {
	m, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the commands on %s: %w", subject, away(err))
	}
	return m, nil
}

// grave is where a command lies that is to be buried.
type grave struct {
	letter   *contract.DispatchRejected
	sequence uint64
	trace    port.Trace
}

// bury stores commands' dead letters and takes out each whose letter is stored. A letter's
// id says which command of which stream it is: pods that bury one at once make one dead
// letter, and taken are those of the commands that were not gone yet.
func (d *DeadLetters) bury(ctx context.Context, stream jetstream.Stream, graves []grave) (taken []*contract.DispatchRejected, err error) {
	name := stream.CachedInfo().Config.Name
	events := make([]port.Event, len(graves))
	for i, g := range graves {
		events[i] = port.Event{Subject: contract.SubjectDLQ, ID: fmt.Sprintf("dlq:%s:%s:%d", g.letter.GetReason(), name, g.sequence), Body: g.letter, Trace: g.trace}
	}
	var failed error
	var stored []grave
	var sequences []uint64
	errs := d.conn.Publisher().Publish(ctx, events)
	for i, g := range graves {
		if errs != nil && errs[i] != nil {
			failed = errs[i]
			continue
		}
		stored, sequences = append(stored, g), append(sequences, g.sequence)
	}
	for i, err := range d.conn.dropFrom(ctx, name, sequences, unlink) {
		if err == nil {
			taken = append(taken, stored[i].letter)
		} else if _, gone := stream.GetMsg(ctx, sequences[i]); !errors.Is(gone, jetstream.ErrMsgNotFound) {
			failed = fmt.Errorf("take command %d out of %s: %w", sequences[i], name, away(err))
		}
	}
	return taken, failed
}

// readers are the consumers of a stream.
type readers []*jetstream.ConsumerInfo

func readersOf(ctx context.Context, stream jetstream.Stream) (read readers, err error) {
	all := stream.ListConsumers(ctx)
	for info := range all.Info() {
		read = append(read, info)
	}
	if err := all.Err(); err != nil {
		return nil, fmt.Errorf("list the consumers of %s: %w", stream.CachedInfo().Config.Name, away(err))
	}
	return read, nil
}

// of returns the consumer that reads a subject; nil: none does.
func (r readers) of(subject string) *jetstream.ConsumerInfo {
	for _, info := range r {
		if coveredBy(filtersOf(info), subject) {
			return info
		}
	}
	return nil
}

// filtersOf are the subjects that a consumer reads.
func filtersOf(info *jetstream.ConsumerInfo) []string {
	switch {
	case info.Config.FilterSubject != "":
		return []string{info.Config.FilterSubject}
	case len(info.Config.FilterSubjects) > 0:
		return info.Config.FilterSubjects
	}
	return []string{">"}
}

func unservedLetter(m *jetstream.RawStreamMsg) *contract.DispatchRejected {
	return letterAsItLies(m, ReasonUnserved, "no connector served this operator or bind: correct the subject, or serve it, then replay")
}

func maxAgeLetter(m *jetstream.RawStreamMsg, age, maxAge time.Duration) *contract.DispatchRejected {
	return letterAsItLies(m, ReasonMaxAge, fmt.Sprintf("it has waited for %s, and the stream drops what is older than %s (NATS_DISPATCH_MAX_AGE): see why its binds took none (smpp-connector binds), then replay",
		age.Round(time.Second), maxAge))
}

// letterAsItLies is the dead letter of a command that nobody has decoded.
func letterAsItLies(m *jetstream.RawStreamMsg, reason, detail string) *contract.DispatchRejected {
	letter := &contract.DispatchRejected{Reason: reason, Subject: m.Subject, Payload: m.Data, At: timestamppb.Now(), Detail: detail}
	if command, err := contract.DecodeCommand(m.Header.Get(contract.HeaderContentType), m.Data); err == nil {
		letter.MessageId = command.GetMessageId()
	}
	if operator, ok := strings.CutPrefix(m.Subject, contract.OperatorSubject("")); ok {
		letter.OperatorId = operator
	}
	return letter
}
