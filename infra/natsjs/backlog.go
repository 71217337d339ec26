package natsjs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	contract "github.com/ghasi/smpp-connector/proto"
)

// A command for an operator that no pod serves, or for a bind that does not exist, is
// stored and waits: nobody has a consumer for its subject, until BuryDue makes a dead
// letter of it, shortly before the stream's MaxAge. One whose subject was served once has
// its consumer still, and is not seen here. What waits so is looked for here, in the
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

// sawMaxAge notes after which age a stream drops a command: somebody may change it while
// consumers are open.
func (c *Conn) sawMaxAge(stream jetstream.StreamConfig) *atomic.Int64 {
	noted, _ := c.maxAges.LoadOrStore(stream.Name, new(atomic.Int64))
	age := noted.(*atomic.Int64)
	age.Store(int64(stream.MaxAge))
	return age
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
	c.sawMaxAge(info.Config)
	now := time.Now()
	look = event.DispatchLooked{Stream: name, MaxAge: info.Config.MaxAge, Consumers: info.State.Consumers, At: now}
	if info.State.Msgs == 0 {
		return look, nil
	}
	look.Oldest = max(now.Sub(info.State.FirstTime), 0)
	read, err := readersOf(ctx, stream)
	if err != nil {
		return look, err
	}
	for subject, count := range info.State.Subjects {
		if read.of(subject) == nil {
			look.Unserved = append(look.Unserved, event.UnservedSubject{Subject: subject, Messages: count})
		}
	}
	slices.SortFunc(look.Unserved, func(a, b event.UnservedSubject) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Subject, b.Subject))
	})
	return look, nil
}
