package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// traffic is n messages of which each tells its number, in its id and in its
// recipient, so that a PDU says which message it is of.
type traffic struct {
	n        int
	long     bool               // a fifth of them in parts
	receipts bool               // half of them ask for a receipt
	all      bool               // so do the others
	subject  func(i int) string // of message i; nil: the operator's
}

// mostParts is the most parts of a message of ours.
const mostParts = 3

// parts is how many segments message i has.
func (tr traffic) parts(i int) int {
	switch {
	case tr.long && i%10 == 0:
		return 2
	case tr.long && i%10 == 5:
		return 3
	}
	return 1
}

// asks reports whether message i asks for a receipt.
func (tr traffic) asks(i int) bool { return tr.receipts && (tr.all || i%4 < 2) }

// count returns how many messages satisfy a condition.
func (tr traffic) count(holds func(i int) bool) (n int) {
	for i := range tr.n {
		if holds(i) {
			n++
		}
	}
	return n
}

// segments is how many SMS they are.
func (tr traffic) segments() (n int) {
	for i := range tr.n {
		n += tr.parts(i)
	}
	return n
}

const recipientPrefix = "937"

func (tr traffic) command(i int) []byte {
	asks := 0
	if tr.asks(i) {
		asks = 1
	}
	text := fmt.Sprintf("m%d ", i)
	text += strings.Repeat("x", 140*tr.parts(i)-len(text)) // 140, 280, 420 septets
	return fmt.Appendf(nil, `{"messageId":"m%d","to":"+%s%08d","text":%q,"registeredDelivery":%d}`, i, recipientPrefix, i, text, asks)
}

// numberOf reads a message's number in its id; -1 for an id that is not ours.
func numberOf(messageID string) int {
	digits, ours := strings.CutPrefix(messageID, "m")
	if i, err := strconv.Atoi(digits); ours && err == nil {
		return i
	}
	return -1
}

// sender publishes commands, each until JetStream has confirmed it. A second try
// goes under the same Nats-Msg-Id, so that none is stored twice.
type sender struct {
	traffic
	js      jetstream.JetStream
	rate    int // a second; 0: as fast as JetStream takes them
	next    atomic.Int64
	sent    atomic.Int64 // confirmed
	patient atomic.Bool  // what was begun is sent in any case, also after stop
	stop    chan struct{}
	done    sync.WaitGroup
}

// senders is how many publishes are under way at once; publishWithin bounds one try.
const (
	senders       = 16
	publishWithin = 2 * time.Second
)

// sendOut begins to publish. close ends it, and waits for what is under way.
func sendOut(js jetstream.JetStream, tr traffic, rate int) *sender {
	s := &sender{traffic: tr, js: js, rate: rate, stop: make(chan struct{})}
	tokens := s.tokens()
	for range senders {
		s.done.Go(func() {
			for i := s.take(tokens); i >= 0; i = s.take(tokens) {
				if s.publish(i) {
					s.sent.Add(1)
				}
			}
		})
	}
	return s
}

// tokens lets rate messages a second through. While nobody takes them none
// gathers: after an outage the load is what it was before. nil: no limit.
func (s *sender) tokens() <-chan struct{} {
	if s.rate == 0 {
		return nil
	}
	const every = 10 * time.Millisecond
	tokens := make(chan struct{})
	s.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for owed := 0.0; ; owed += float64(s.rate) * every.Seconds() {
			for ; owed >= 1; owed-- {
				select {
				case tokens <- struct{}{}:
				case <-s.stop:
					return
				}
			}
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
		}
	})
	return tokens
}

// take returns the number of the next message, -1 when there is none.
func (s *sender) take(tokens <-chan struct{}) int {
	if tokens != nil {
		select {
		case <-tokens:
		case <-s.stop:
			return -1
		}
	}
	select {
	case <-s.stop:
		return -1
	default:
	}
	if i := int(s.next.Add(1)) - 1; i < s.n {
		return i
	}
	return -1
}

// publish tries until the command is stored; false: it was told to stop.
func (s *sender) publish(i int) bool {
	m := &nats.Msg{Subject: contract.OperatorSubject("awcc"), Data: s.command(i)}
	if s.subject != nil {
		m.Subject = s.subject(i)
	}
	for {
		try, cancel := context.WithTimeout(context.Background(), publishWithin)
		_, err := s.js.PublishMsg(try, m, jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithRetryAttempts(0))
		cancel()
		if err == nil {
			return true
		}
		stop := s.stop
		if s.patient.Load() {
			stop = nil
		}
		select {
		case <-stop:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// close ends the publishing.
func (s *sender) close() {
	close(s.stop)
	s.done.Wait()
}
