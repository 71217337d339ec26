package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
	ReasonUnserved = "unserved" // no consumer reads its subject
	ReasonMaxAge   = "max_age"  // it would have been dropped by the server
)

// ErrServed is the error of burying what a consumer reads.
var ErrServed = errors.New("a consumer reads this subject: its commands are not given up; if its operator or bind is gone for good, delete the consumer (nats consumer rm) first")

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
		if _, err := d.bury(ctx, stream, unservedLetter(m), m); err != nil {
			return buried, err
		}
		buried, next = buried+1, m.Sequence+1
	}
}

// lookAgain is after how many commands it is looked for a pod that has come meanwhile.
// What such a pod is handed before may be submitted and dead-lettered both; its dead
// letter says unserved, and the replay asks the correlations first.
const lookAgain = 100

// BuryDue makes dead letters, reason max_age, of the commands in a stream that the server
// is about to drop, and returns them, the oldest first. Each is taken out once its event
// is stored. What a pod may have in hand is left to it: that was delivered, by a consumer
// that has delivered something within its inHand.
//
// now is when it is; it need not be the server's.
func (d *DeadLetters) BuryDue(ctx context.Context, name string, now time.Time) (buried []*contract.DispatchRejected, err error) {
	stream, err := d.conn.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, away(err))
	}
	maxAge := stream.CachedInfo().Config.MaxAge
	if maxAge <= 0 {
		return nil, nil
	}
	due := now.Add(dropMargin(maxAge) - maxAge)
	var read readers
	for seen, next := 0, uint64(1); ; seen++ {
		m, err := commandFrom(ctx, stream, next, ">")
		if m == nil || err != nil || m.Time.After(due) {
			return buried, err
		}
		if next = m.Sequence + 1; seen%lookAgain == 0 {
			if read, err = readersOf(ctx, stream); err != nil {
				return buried, err
			}
		}
		reader := read.of(m.Subject)
		upTo, last := handedOutOf(reader)
		delivered := m.Sequence <= upTo
		if delivered && now.Sub(last) < inHand(reader) {
			continue
		}
		letter := maxAgeLetter(m, now.Sub(m.Time), maxAge)
		letter.Ambiguous = delivered
		taken, err := d.bury(ctx, stream, letter, m)
		if err != nil {
			return buried, err
		}
		if taken {
			buried = append(buried, letter)
		}
	}
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

// dropMargin is how long before the server drops a command it is buried. For a MaxAge from
// half an hour on it is at least as long as the time from one look at a stream to the next;
// below, what falls between two looks is dropped.
func dropMargin(maxAge time.Duration) time.Duration { return min(30*time.Minute, maxAge/4) }

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

// bury stores a command's dead letter and takes the command out. Its id says which command
// of which stream it is: pods that bury one at once make one dead letter, and taken is
// true for the one that took it out.
func (d *DeadLetters) bury(ctx context.Context, stream jetstream.Stream, letter *contract.DispatchRejected, m *jetstream.RawStreamMsg) (taken bool, err error) {
	name := stream.CachedInfo().Config.Name
	event := port.Event{Subject: contract.SubjectDLQ, ID: fmt.Sprintf("dlq:%s:%s:%d", letter.GetReason(), name, m.Sequence), Body: letter, Trace: readTrace(m.Header)}
	if errs := d.conn.Publisher().Publish(ctx, []port.Event{event}); errs != nil {
		return false, errs[0]
	}
	failed := stream.DeleteMsg(ctx, m.Sequence)
	if failed == nil {
		return true, nil
	}
	if _, err := stream.GetMsg(ctx, m.Sequence); errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return false, fmt.Errorf("take command %d out of %s: %w", m.Sequence, name, away(failed))
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
