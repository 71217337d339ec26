package natsjs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// A command for an operator that no pod serves, or for a bind that does not exist, is
// stored and waits: nobody has a consumer for its subject, and after the stream's
// MaxAge the server drops it without a word. What waits so is looked for here, in the
// server's index of subjects and its list of consumers; no message is read for it.

// Backlogs says how the streams that hold commands stand: those that are named, or all.
func (c *Conn) Backlogs(ctx context.Context, names ...string) (list []event.DispatchLooked, err error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if len(names) == 0 {
		all := c.js.StreamNames(ctx)
		for name := range all.Name() {
			if contract.IsDispatchStream(name) {
				names = append(names, name)
			}
		}
		if err := all.Err(); err != nil {
			return nil, fmt.Errorf("list the streams: %w", away(err))
		}
	}
	for _, name := range names {
		look, err := c.backlog(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue // nothing has been sent to it yet
		}
		if err != nil {
			return list, fmt.Errorf("stream %s: %w", name, away(err))
		}
		list = append(list, look)
	}
	return list, nil
}

// Backlogs is Conn.Backlogs of all streams of commands.
func (d *DeadLetters) Backlogs(ctx context.Context) ([]event.DispatchLooked, error) {
	return d.conn.Backlogs(ctx)
}

func (c *Conn) backlog(ctx context.Context, name string) (look event.DispatchLooked, err error) {
	stream, err := c.js.Stream(ctx, name)
	if err != nil {
		return look, err
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return look, err
	}
	now := time.Now()
	look = event.DispatchLooked{Stream: name, MaxAge: info.Config.MaxAge, Consumers: info.State.Consumers, At: now}
	if info.State.Msgs == 0 {
		return look, nil
	}
	look.Oldest = max(now.Sub(info.State.FirstTime), 0)
	served, err := served(ctx, stream)
	if err != nil {
		return look, err
	}
	for subject, count := range info.State.Subjects {
		if !coveredBy(served, subject) {
			look.Unserved = append(look.Unserved, event.UnservedSubject{Subject: subject, Messages: count})
		}
	}
	slices.SortFunc(look.Unserved, func(a, b event.UnservedSubject) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Subject, b.Subject))
	})
	return look, nil
}

// served are the subjects that a stream's consumers read.
func served(ctx context.Context, stream jetstream.Stream) (subjects []string, err error) {
	all := stream.ListConsumers(ctx)
	for info := range all.Info() {
		filters := append([]string{info.Config.FilterSubject}, info.Config.FilterSubjects...)
		if info.Config.FilterSubject == "" && len(info.Config.FilterSubjects) == 0 {
			filters = []string{">"}
		}
		subjects = append(subjects, filters...)
	}
	return subjects, all.Err()
}

// ReasonUnserved is the reason of a dead letter that was made of a command which
// nobody read.
const ReasonUnserved = "unserved"

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
			reads, err := served(ctx, stream)
			if err != nil {
				return buried, fmt.Errorf("list the consumers of %s: %w", name, away(err))
			}
			if coveredBy(reads, subject) {
				return buried, ErrServed
			}
		}
		m, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return buried, nil
		}
		if err != nil {
			return buried, fmt.Errorf("read the commands on %s: %w", subject, away(err))
		}
		if errs := d.conn.Publisher().Publish(ctx, []port.Event{unservedLetter(name, m)}); errs != nil {
			return buried, errs[0]
		}
		if err := stream.DeleteMsg(ctx, m.Sequence); err != nil {
			return buried, fmt.Errorf("take command %d out of %s: %w", m.Sequence, name, away(err))
		}
		buried, next = buried+1, m.Sequence+1
	}
}

// lookAgain is after how many commands it is looked for a pod that has come meanwhile.
// What such a pod is handed before may be submitted and dead-lettered both; its dead
// letter says unserved, and the replay asks the correlations first.
const lookAgain = 100

// unservedLetter is the dead letter of a command as it lies in its stream.
func unservedLetter(stream string, m *jetstream.RawStreamMsg) port.Event {
	body := &contract.DispatchRejected{Reason: ReasonUnserved, Subject: m.Subject, Payload: m.Data, At: timestamppb.Now(),
		Detail: "no connector served this operator or bind: correct the subject, or serve it, then replay"}
	if command, err := contract.DecodeCommand(m.Header.Get(contract.HeaderContentType), m.Data); err == nil {
		body.MessageId = command.GetMessageId()
	}
	if operator, ok := strings.CutPrefix(m.Subject, contract.OperatorSubject("")); ok {
		body.OperatorId = operator
	}
	return port.Event{Subject: contract.SubjectDLQ, ID: fmt.Sprintf("dlq:unserved:%s:%d", stream, m.Sequence), Body: body, Trace: readTrace(m.Header)}
}
