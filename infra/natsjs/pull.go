package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

const (
	// statusGrace is how long after wait the server may take to say that it is over.
	statusGrace = 2 * time.Second
	// longestHeartbeat is the longest silence of a server that has nothing to deliver.
	longestHeartbeat = 10 * time.Second
	// burst is how long the server may take to send what it has for one request.
	burst = 250 * time.Millisecond
	// unseenTimeout is how long commands wait to be given back until it is written down that
	// nobody has seen them.
	unseenTimeout = time.Second
	// shortestHeartbeat is the shortest that is worth the messages.
	shortestHeartbeat = 500 * time.Millisecond
)

// ErrConsumerGone is the error of a Pull whose durable consumer was deleted: by
// another owner of the bind (US-SC-019), or by a server that lost its store.
// The one who may pull opens it again.
var ErrConsumerGone = fmt.Errorf("the consumer was deleted: %w", port.ErrNoConsumer)

// errSilent is the error of a Pull that hears neither commands nor heartbeats.
var errSilent = errors.New("the server is silent: no commands, no heartbeats")

// consumer is one durable pull consumer. It implements port.Consumer.
type consumer struct {
	conn *Conn
	spec port.ConsumerSpec
	next string // the subject of pull requests

	unsent    *unsent
	stream    string
	made      time.Time      // by the server: another consumer of that name counts its deliveries anew
	inherited uint64         // up to which sequence of the stream an earlier consumer may have handed out
	maxAge    *atomic.Int64  // of the stream, as Conn.maxAges has it
	given     *atomic.Uint64 // the highest sequence that this process was handed; nil: nobody asks
}

// Pull implements port.Consumer. The error is ErrConsumerGone, ErrAway or one
// that says what the server refused; it is nil when the wait is over or ctx has
// ended. wait is at least a millisecond.
func (c *consumer) Pull(ctx context.Context, n int, wait time.Duration, hand func([]port.Delivery)) (handed int, err error) {
	if n <= 0 || ctx.Err() != nil {
		return 0, nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("pull from %s: %w", c.spec.Durable, away(err))
		}
	}()
	if !c.conn.Up() {
		return 0, ErrAway
	}
	wait = max(wait, time.Millisecond)
	heartbeat := heartbeatFor(wait)
	// A channel of our own: a subscription with a callback has a goroutine each, and a
	// thousand idle binds have a thousand pulls open. It must hold all that the server may
	// send, because the connection's reader does not wait.
	come := make(chan *nats.Msg, n+words(wait, heartbeat))
	inbox := c.conn.nc.NewInbox() // not NewRespInbox: that one the connection's own request handler hears too
	sub, err := c.conn.nc.ChanSubscribe(inbox, come)
	if err != nil {
		return 0, err
	}
	over := false
	defer func() { c.leave(sub, come, over) }()
	if err := c.conn.nc.PublishRequest(c.next, inbox, pullRequest(n, wait, heartbeat)); err != nil {
		return 0, err
	}
	handed, over, err = c.collect(ctx, come, n, wait, heartbeat, hand)
	return handed, err
}

// words is the most messages but commands that the server may send about a pull: its
// heartbeats and what ends it, and some to spare.
func words(wait, heartbeat time.Duration) int {
	const spare = 8
	if heartbeat == 0 {
		return spare
	}
	return int(wait/heartbeat) + spare
}

// leave ends a subscription; what nobody has taken goes back. Where the pull is over,
// nothing else is on its way. Else the server goes on to serve the request, and what it
// sends to an inbox that is gone waits for AckWait (measured: one cancelled burst in
// ten): so the inbox stays until a burst has surely come, and gives it back as it comes.
func (c *consumer) leave(sub *nats.Subscription, come <-chan *nats.Msg, over bool) {
	if over {
		_ = sub.Unsubscribe() // its error is that the connection is gone, and the subscription with it
		c.giveBack(drain(come, nil))
		return
	}
	c.giveBack(drain(come, nil))
	go func() {
		c.giveBackFor(c.conn.givesBackFor, come)
		_ = sub.Drain() // the server hears of it now, and the subscription ends when it has
		c.giveBackFor(c.conn.givesBackFor, come)
	}()
}

// giveBackFor gives back what comes meanwhile.
func (c *consumer) giveBackFor(d time.Duration, come <-chan *nats.Msg) {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		select {
		case m := <-come:
			c.giveBack(drain(come, []*nats.Msg{m}))
		case <-end.C:
			c.giveBack(drain(come, nil))
			return
		}
	}
}

// giveBack returns the commands among messages to the consumer. Nobody has seen them here,
// and that is written down.
func (c *consumer) giveBack(messages []*nats.Msg) {
	c.disclaimUnseen(messages)
	for _, m := range messages {
		if isCommand(m) {
			_ = c.conn.nc.Publish(m.Reply, nakNow) // lost, it comes again after AckWait
		}
	}
}

// disclaimUnseen disclaims deliveries that nobody has seen: the first of a command, or one
// that follows on one that was disclaimed.
func (c *consumer) disclaimUnseen(messages []*nats.Msg) {
	var unseen, later []port.Handle
	for _, m := range messages {
		attempt, sequence, _ := deliveryFacts(m.Reply)
		switch {
		case !isCommand(m) || sequence <= c.inherited:
		case attempt == 1:
			unseen = append(unseen, &handle{reply: m.Reply})
		default:
			later = append(later, &handle{reply: m.Reply})
		}
	}
	if len(unseen)+len(later) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.conn.disclaimsFor)
	defer cancel()
	if len(later) > 0 {
		said, err := c.Disclaimed(ctx, later)
		for i, h := range later {
			if err == nil && said[i] {
				unseen = append(unseen, h)
			}
		}
	}
	if len(unseen) > 0 {
		_ = c.Disclaim(ctx, unseen) // else they count as seen
	}
}

// collect hands over what comes until the pull is over, or is given up.
func (c *consumer) collect(ctx context.Context, come <-chan *nats.Msg, n int, wait, heartbeat time.Duration, hand func([]port.Delivery)) (handed int, over bool, err error) {
	late := time.NewTimer(wait + statusGrace)
	defer late.Stop()
	silence := time.NewTimer(2*heartbeat + statusGrace)
	defer silence.Stop()
	watching := heartbeat > 0
	outage := c.conn.outage()

	var batch []*nats.Msg
	for handed < n {
		select {
		case m := <-come:
			batch = drain(come, append(batch[:0], m))
		case <-ctx.Done():
			return handed, false, nil
		case <-outage:
			return handed, false, ErrAway
		case <-late.C:
			return handed, false, nil
		case <-silence.C:
			if watching {
				return handed, false, errSilent
			}
			continue
		}
		if watching {
			silence.Reset(2*heartbeat + statusGrace)
		}
		commands, done, err := sift(batch)
		if len(commands) > 0 {
			handed += len(commands)
			hand(c.decode(commands))
		}
		if done || err != nil {
			return handed, done, err
		}
		clear(batch) // it may be long until the next comes
	}
	return handed, true, nil
}

// drain takes all that has come beside: what comes in batches is decoded in batches.
func drain(come <-chan *nats.Msg, batch []*nats.Msg) []*nats.Msg {
	for {
		select {
		case m := <-come:
			batch = append(batch, m)
		default:
			return batch
		}
	}
}

// heartbeatFor is how often the server shall say that it is still there; 0 for a
// wait too short to be worth it.
func heartbeatFor(wait time.Duration) time.Duration {
	if wait < 4*shortestHeartbeat {
		return 0
	}
	return min(wait/4, longestHeartbeat)
}

// pullRequest is the request of JetStream's CONSUMER.MSG.NEXT.
func pullRequest(n int, wait, heartbeat time.Duration) []byte {
	b := append(make([]byte, 0, 80), `{"batch":`...)
	b = strconv.AppendInt(b, int64(n), 10)
	b = append(b, `,"expires":`...)
	b = strconv.AppendInt(b, int64(wait), 10)
	if heartbeat > 0 {
		b = append(b, `,"idle_heartbeat":`...)
		b = strconv.AppendInt(b, int64(heartbeat), 10)
	}
	return append(b, '}')
}

// isCommand tells a command from a word of the server about the pull itself,
// which has no reply subject to settle it by.
func isCommand(m *nats.Msg) bool { return m.Reply != "" }

// sift separates commands, in place, from the server's words about the pull, and
// says whether one of these ended it.
func sift(batch []*nats.Msg) (commands []*nats.Msg, done bool, err error) {
	commands = batch[:0]
	for _, m := range batch {
		if isCommand(m) {
			commands = append(commands, m)
			continue
		}
		switch status := m.Header.Get("Status"); status {
		case "100": // an idle heartbeat
		case "404", "408": // nothing there, or the wait is over
			done = true
		case "409":
			d, e := conflict(m.Header.Get("Description"))
			done, err = done || d, errors.Join(err, e)
		case "503":
			err = errors.Join(err, fmt.Errorf("%w: %w", ErrConsumerGone, errNobody))
		default:
			err = errors.Join(err, fmt.Errorf("the server refuses the pull: %s %s", status, m.Header.Get("Description")))
		}
	}
	return commands, done, err
}

// conflict reads the descriptions of status 409.
func conflict(description string) (done bool, err error) {
	switch words := strings.ToLower(description); {
	case strings.Contains(words, "consumer deleted"):
		return true, ErrConsumerGone
	case strings.Contains(words, "batch completed"), // all of what was asked for, or as much as fits
		strings.Contains(words, "maxackpending"),
		strings.Contains(words, "interest expired"):
		return true, nil
	default: // a leader that changes, a server that shuts down: the caller pulls again
		return true, fmt.Errorf("the server ended the pull: %s", description)
	}
}

// decode turns messages into deliveries. One allocation holds all the handles.
func (c *consumer) decode(messages []*nats.Msg) []port.Delivery {
	deliveries := make([]port.Delivery, len(messages))
	handles := make([]handle, len(messages))
	highest := uint64(0)
	waits := longestWait(time.Duration(c.maxAge.Load()))
	for i, m := range messages {
		d := &deliveries[i]
		handles[i].reply = m.Reply
		d.Handle = &handles[i]
		d.Payload, d.Subject, d.Trace = m.Data, m.Subject, readTrace(m.Header)
		var sequence uint64
		d.Attempt, sequence, d.StoredAt = deliveryFacts(m.Reply)
		highest = max(highest, sequence)
		if waits > 0 && !d.StoredAt.IsZero() {
			d.Due = d.StoredAt.Add(waits)
		}
		d.Inherited = sequence <= c.inherited && c.inherited > 0
		contentType := ""
		if len(m.Header) > 0 {
			contentType = m.Header.Get(contract.HeaderContentType)
			d.Replay = m.Header.Get(contract.HeaderReplay)
		}
		if command, err := contract.DecodeCommand(contentType, m.Data); err != nil {
			d.Fault = err
		} else {
			d.Command = command
		}
	}
	if c.given != nil {
		raiseTo(c.given, highest)
	}
	return deliveries
}
