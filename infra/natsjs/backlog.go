package natsjs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// A command for an operator that no pod serves, or for a bind that does not exist, is
// stored and waits, until BuryDue makes a dead letter of it, shortly before the stream's
// MaxAge. What waits so is looked for here, in the server's index of subjects and its list
// of consumers; no message is read for it. A subject that was served once has its consumer
// still: what counts then is whether a pod that lives would read it.

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
	pods, err := c.Presence().pods(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		look, err := c.backlog(ctx, name, pods)
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

func (c *Conn) backlog(ctx context.Context, name string, pods []port.Pod) (look event.DispatchLooked, err error) {
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
		if reader := read.of(subject); reader == nil || abandoned(reader, subject, pods) {
			look.Unserved = append(look.Unserved, event.UnservedSubject{Subject: subject, Messages: count})
		}
	}
	slices.SortFunc(look.Unserved, func(a, b event.UnservedSubject) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Subject, b.Subject))
	})
	return look, nil
}

// purpose is for whom the commands on a subject are: an operator, a bind, or the binds of
// a group by lane. The others are their zero values; all are for a subject of none.
type purpose struct {
	operator string
	bind     port.BindID
	lane     port.Group
	durable  string // the consumer that reads them
}

func purposeOf(subject string) (p purpose) {
	operator, mno, _ := contract.SubjectOf(subject)
	tokens := strings.Split(subject, ".")
	switch {
	case operator != "":
		return purpose{operator: operator, durable: contract.OperatorDurable(operator)}
	case mno == "":
		return p
	case tokens[0] == "lane":
		if lane, err := contract.ParseLane(tokens[1]); err == nil {
			p.lane = port.Group{MNO: mno, Direction: port.Direction(tokens[4])}
			p.durable = contract.LaneDurable(lane, mno, tokens[4])
		}
		return p
	}
	if bind, err := port.ParseBindID(strings.Join(tokens[1:4], ".")); err == nil {
		p.bind, p.durable = bind, contract.BindDurable(bind.MNO, string(bind.Direction), bind.Number)
	}
	return p
}

// abandoned reports whether a consumer of ours has nobody any more who would read it: no
// pod that lives serves its operator or its bind, or carries it as a backup. Where no pod
// lives at all, nobody knows. A lane counts as read where its MNO's binds are served:
// lanes have an alert of their own.
func abandoned(reader *jetstream.ConsumerInfo, subject string, pods []port.Pod) bool {
	p := purposeOf(subject)
	return len(pods) > 0 && reader.Name == p.durable && !slices.ContainsFunc(pods, func(pod port.Pod) bool {
		return pod.Group.Direction.Submits() && (p.servedBy(&pod) || slices.ContainsFunc(pod.Covers, p.coveredBy))
	})
}

// servedBy reports whether a pod has binds for them. One of a version that does not say
// its operators may have any.
func (p *purpose) servedBy(pod *port.Pod) bool {
	switch {
	case p.operator != "":
		return len(pod.Accounts[p.operator]) > 0 || len(pod.Accounts) == 0 && len(pod.Wants) > 0
	case p.bind != port.BindID{}:
		return p.bind.Group() == pod.Group && slices.Contains(slices.Concat(pod.Wants, pod.Spare, pod.Runs), p.bind.Number)
	}
	return p.lane == pod.Group
}

// coveredBy reports whether a backup carries them.
func (p *purpose) coveredBy(c port.Cover) bool {
	return p.operator != "" && c.Operator == p.operator ||
		slices.ContainsFunc(c.Binds, func(b port.BindID) bool { return b == p.bind || b.Group() == p.lane })
}
