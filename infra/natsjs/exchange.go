package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// maxInFlight is the most requests of one exchange that wait for their answer.
// A stream queues 10,000 by default (max_buffered_msgs) and refuses what comes
// on top, so several exchanges side by side must fit.
const maxInFlight = 1024

// answerBase is the base of the two numbers in a reply subject: short, and NATS-safe.
const answerBase = 36

// exchanger sends requests in batches and collects one answer for each, on one
// subscription for all. A subscription, a timer and a channel for every request,
// as nats.Conn.Request has them, would cost more than the request.
type exchanger struct {
	prefix  string // of every reply subject; {prefix}{exchange}.{index}
	timeout time.Duration
	outage  func() <-chan struct{} // closed when the connection is lost, and with it the answers

	mu   sync.Mutex
	open map[uint64]*exchange
	last uint64
}

// exchange is one batch under way.
type exchange struct {
	mu       sync.Mutex
	hear     func(i int, answer *nats.Msg) // nil once nobody waits any more
	answered []bool
	missing  int           // sent or not, but not answered
	inFlight int           // sent and not answered
	wakeAt   int           // the sender waits until so few are in flight
	step     chan struct{} // one token when the sender may look again
	outage   <-chan struct{}
}

func newExchanger(timeout time.Duration, outage func() <-chan struct{}) *exchanger {
	return &exchanger{prefix: nats.NewInbox() + ".", timeout: timeout, outage: outage, open: make(map[uint64]*exchange)}
}

// listen subscribes to the answers.
func (x *exchanger) listen(nc *nats.Conn) error {
	sub, err := nc.Subscribe(x.prefix+"*.*", x.deliver)
	if err != nil {
		return err
	}
	// What is waiting here was asked for: maxInFlight bounds it, not the subscription.
	return sub.SetPendingLimits(-1, -1)
}

// unanswered is the error of an exchange that ended before all its answers came.
type unanswered struct {
	missing, of int
	cause       error
}

func (e *unanswered) Error() string {
	return fmt.Sprintf("%d of %d requests not answered: %v", e.missing, e.of, e.cause)
}

func (e *unanswered) Unwrap() error { return e.cause }

// do sends n requests and waits for an answer to each. send publishes request i
// with reply as its reply subject. hear gets each answer, in the order of their
// coming, on another goroutine, never two at once and never after do has
// returned. The error is *unanswered when answers are missing.
func (x *exchanger) do(ctx context.Context, n int, send func(i int, reply string) error, hear func(i int, answer *nats.Msg)) error {
	if n == 0 || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, x.timeout)
		defer cancel()
	}
	e := &exchange{hear: hear, answered: make([]bool, n), missing: n, step: make(chan struct{}, 1), outage: x.outage()}
	prefix, forget := x.enter(e)
	defer forget()

	reply := make([]byte, 0, len(prefix)+4)
	for i := range n {
		if err := e.wait(ctx, maxInFlight-1); err != nil {
			return e.unanswered(err)
		}
		reply = strconv.AppendInt(append(reply[:0], prefix...), int64(i), answerBase)
		if err := send(i, string(reply)); err != nil {
			return e.unanswered(away(err))
		}
	}
	if err := e.wait(ctx, 0); err != nil {
		return e.unanswered(err)
	}
	return nil
}

// enter registers an exchange, and returns what its reply subjects begin with
// and how to leave.
func (x *exchanger) enter(e *exchange) (prefix string, leave func()) {
	x.mu.Lock()
	x.last++
	id := x.last
	x.open[id] = e
	x.mu.Unlock()
	return x.prefix + strconv.FormatUint(id, answerBase) + ".", func() {
		x.mu.Lock()
		delete(x.open, id)
		x.mu.Unlock()
		e.mu.Lock()
		e.hear = nil
		e.mu.Unlock()
	}
}

// wait returns when at most allowed requests are in flight, and counts one more
// as sent unless it waited for the end (allowed 0).
func (e *exchange) wait(ctx context.Context, allowed int) error {
	for {
		e.mu.Lock()
		if e.inFlight <= allowed {
			if allowed > 0 {
				e.inFlight++
			}
			e.mu.Unlock()
			return nil
		}
		e.wakeAt = allowed / 2 // not for each answer: a wake-up costs more than a request
		e.mu.Unlock()
		select {
		case <-e.step:
		case <-e.outage:
			return ErrAway
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (e *exchange) unanswered(cause error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hear = nil
	return &unanswered{missing: e.missing, of: len(e.answered), cause: cause}
}

// deliver takes one answer to its exchange. An answer to an exchange that nobody
// waits for any more, or a second answer to one request, is dropped.
func (x *exchanger) deliver(m *nats.Msg) {
	id, index, ok := x.address(m.Subject)
	if !ok {
		return
	}
	x.mu.Lock()
	e := x.open[id]
	x.mu.Unlock()
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hear == nil || index >= len(e.answered) || e.answered[index] {
		return
	}
	e.answered[index] = true
	e.missing--
	e.inFlight--
	e.hear(index, m)
	if e.inFlight <= e.wakeAt {
		select {
		case e.step <- struct{}{}:
		default: // one token is enough however many answers came
		}
	}
}

// address reads the two numbers of a reply subject.
func (x *exchanger) address(subject string) (id uint64, index int, ok bool) {
	rest, ok := strings.CutPrefix(subject, x.prefix)
	if !ok {
		return 0, 0, false
	}
	first, second, ok := strings.Cut(rest, ".")
	if !ok {
		return 0, 0, false
	}
	id, err := strconv.ParseUint(first, answerBase, 64)
	i, err2 := strconv.ParseUint(second, answerBase, 31)
	return id, int(i), err == nil && err2 == nil
}

// nobodyAnswers reports whether an answer is the server's word that nobody
// listens on the subject: the stream or the consumer is not there.
func nobodyAnswers(m *nats.Msg) bool {
	return len(m.Data) == 0 && m.Header.Get("Status") == "503"
}

// errNobody is the error of a request that met nobodyAnswers.
var errNobody = errors.New("nobody answers: the stream, the bucket or the consumer does not exist (or has no leader at the moment)")
