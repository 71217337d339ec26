package natsjs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Which stream the commands of a subject wait in: SMPP_DISPATCH, or with
// Options.StreamPerMNO that of the MNO whose binds read them (issue 5, "Growth").
//
// The lanes and binds of an MNO follow from its name. Its operators do not: the subject
// of each is added to the stream by the first pod that serves it. An operator with binds
// of two MNOs has one subject all the same, which lies with the MNO that had it first.

// settle is how long a pod waits, half of it drawn by lot, before it looks whether what
// it has added to a stream's subjects has stayed.
const settle = 400 * time.Millisecond

// EnsureDispatch makes the streams in which the commands for an operator and for the
// binds of its MNOs wait, and adds what is missing of their subjects; from then on
// commands can be sent there. The error is *SubjectTaken where another stream has them,
// such as the one that all MNOs share. Without StreamPerMNO there is nothing to do.
func (c *Conn) EnsureDispatch(ctx context.Context, operatorID string, mnos []string) error {
	if !c.options.StreamPerMNO {
		return nil
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if !c.Up() {
		return fmt.Errorf("make the streams of operator %s: %w", operatorID, ErrAway)
	}
	for _, mno := range mnos {
		if _, err := c.place(ctx, mno, contract.OperatorSubject(operatorID)); err != nil {
			return fmt.Errorf("operator %s, MNO %s: %w", operatorID, mno, err)
		}
	}
	return nil
}

// streamFor returns the stream that a consumer is made on. One that is not there is
// made: the server lost its store, or we are the first to come.
func (c *Conn) streamFor(ctx context.Context, spec port.ConsumerSpec) (jetstream.Stream, error) {
	name := c.streamName(spec.MNO, spec.Subject)
	stream, err := c.js.Stream(ctx, name)
	switch {
	case err == nil && (name == contract.StreamDispatch || coveredBy(stream.CachedInfo().Config.Subjects, spec.Subject)):
		return stream, nil
	case err != nil && !errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, err
	case c.options.StreamPerMNO:
		return c.place(ctx, spec.MNO, spec.Subject)
	}
	if err := c.EnsureStreams(ctx); err != nil {
		return nil, err
	}
	return c.js.Stream(ctx, name)
}

// streamName is where the commands of a subject wait, as far as this process knows.
func (c *Conn) streamName(mno, subject string) string {
	if !c.options.StreamPerMNO {
		return contract.StreamDispatch
	}
	if other, ok := c.elsewhere.Load(subject); ok {
		return other.(string)
	}
	return contract.StreamOfMNO(mno)
}

// place makes an MNO's stream, or adds to its subjects what is missing, and returns the
// stream that a subject lies in: this one, or another MNO's that had it before.
func (c *Conn) place(ctx context.Context, mno, subject string) (jetstream.Stream, error) {
	if err := contract.ValidateID("mno", mno); err != nil {
		return nil, err
	}
	own, wanted := contract.StreamOfMNO(mno), contract.MNOSubjects(mno)
	c.elsewhere.Delete(subject)
	home, err := c.js.StreamNameBySubject(ctx, subject)
	switch other := err == nil && home != own; {
	case other && !contract.IsStreamOfMNO(home):
		return nil, c.subjectTaken(ctx, own, subject, home)
	case err != nil && !errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("find the stream of subject %s: %w", subject, away(err))
	case other:
		c.elsewhere.Store(subject, home)
	case !coveredBy(wanted, subject):
		wanted = append(wanted, subject)
	}
	stream, err := c.ensureStream(ctx, c.dispatchStream(own, wanted))
	if err != nil || home == own || home == "" {
		return stream, err
	}
	return c.js.Stream(ctx, home)
}

// extend adds to a stream's subjects what is missing of those that are wanted.
//
// JetStream has no compare-and-swap for this: of two pods that read, add and write at
// once, the later one takes out what the earlier has put in. So each looks again, a while
// after it wrote, until it finds its own. Whoever takes longer than that while between
// reading and writing is mended by the next EnsureDispatch of the other, or its next Open;
// until then commands for that operator are refused when they are sent, and none is lost.
func (c *Conn) extend(ctx context.Context, found jetstream.Stream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	for {
		config := found.CachedInfo().Config
		missing := slices.DeleteFunc(slices.Clone(want.Subjects), func(s string) bool { return coveredBy(config.Subjects, s) })
		if len(missing) == 0 {
			return found, nil
		}
		config.Subjects = append(slices.Clone(config.Subjects), missing...)
		if _, err := c.js.UpdateStream(ctx, config); err != nil {
			return nil, c.streamTrouble(ctx, want, err)
		}
		select {
		case <-time.After(settle/2 + rand.N(settle/2)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		var err error
		if found, err = c.js.Stream(ctx, want.Name); err != nil {
			return nil, fmt.Errorf("stream %s: %w", want.Name, away(err))
		}
	}
}

// dispatchStreamOf returns which of the connector's streams stores commands of a subject.
func (c *Conn) dispatchStreamOf(ctx context.Context, subject string) (string, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	switch name, err := c.js.StreamNameBySubject(ctx, subject); {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return "", fmt.Errorf("no stream stores subject %s: start the connector that serves it, which makes one", subject)
	case err != nil:
		return "", fmt.Errorf("find the stream of subject %s: %w", subject, away(err))
	case !contract.IsDispatchStream(name):
		return "", fmt.Errorf("subject %s belongs to stream %s, which is none of the connector's: rename that stream's subject or delete it", subject, name)
	default:
		return name, nil
	}
}

// SubjectTaken is the error of a stream that cannot be made, or not have a subject,
// because another stream has it.
type SubjectTaken struct {
	Subject string
	Stream  string // that has it
	Wanted  string // that shall have it
	Waiting uint64 // messages in Stream
}

func (e *SubjectTaken) Error() string {
	text := fmt.Sprintf("stream %s cannot have subject %s: it belongs to stream %s already, in which %d messages wait; ", e.Wanted, e.Subject, e.Stream, e.Waiting)
	const after = "have them sent first, with the setting that made it, then delete it (nats stream rm "
	switch {
	case e.Stream == contract.StreamDispatch:
		return text + "it is the one that all MNOs share: " + after + e.Stream + "), or set nats.dispatchStreams (NATS_DISPATCH_STREAMS) back to shared"
	case contract.IsStreamOfMNO(e.Stream):
		return text + "it is one MNO's: " + after + e.Stream + "), or set nats.dispatchStreams (NATS_DISPATCH_STREAMS) to mno"
	}
	return text + "rename that stream's subject or delete it"
}

func (c *Conn) subjectTaken(ctx context.Context, wanted, subject, owner string) error {
	taken := &SubjectTaken{Subject: subject, Stream: owner, Wanted: wanted}
	if stream, err := c.js.Stream(ctx, owner); err == nil { // how many wait is only said, not needed
		taken.Waiting = stream.CachedInfo().State.Msgs
	}
	return taken
}
