package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// A replay is marked in a bucket of its own, and not by an event (a further
// subject would make every SMPP_EVENTS that exists a foreign one), nor by taking
// the dead letter away (who listens to the stream would miss it), nor by the
// duplicate window alone (ten minutes): a mark is compared and swapped, so that of
// two who replay one dead letter at any distance only one sends, and it lives as
// long as the dead letter.
//
//	mark begun ─► publish, Msg-Id replay:{sequence}:{n} ─► mark done
//
// What breaks off in between goes on with the same n, which the stream knows for
// its duplicate window and the connector by the header for longer: it remembers
// what it settled, and asks the correlations what the MNO has accepted.

// mark is what is remembered of a dead letter's replays.
type mark struct {
	Replays int       `json:"replays"`
	At      time.Time `json:"at"`
	Done    bool      `json:"done"` // it was published: not only begun
}

// markGrace is how much longer than its dead letter a mark lives.
const markGrace = time.Hour

// replayGroup is how many are replayed at once: their payloads are in memory.
const replayGroup = 32

// Replayed is the error of a dead letter that was replayed before.
type Replayed struct{ At time.Time }

func (e *Replayed) Error() string {
	return "it was replayed at " + e.At.UTC().Format(time.RFC3339)
}

// Superseded is the error of a dead letter whose message was rejected once more.
type Superseded struct{ By uint64 }

func (e *Superseded) Error() string {
	return "its message was rejected again: replay dead letter " + strconv.FormatUint(e.By, 10)
}

// ErrUnreplayable is the error of a dead letter that no replay can help.
var ErrUnreplayable = errors.New("it cannot be replayed")

// Replayable reports why a dead letter cannot be replayed: nil, *Replayed,
// *Superseded or ErrUnreplayable. again lets the first two pass.
func (l *DeadLetter) Replayable(again bool) error {
	r := l.Rejected
	switch {
	case r.GetReason() == ReasonUnreadable:
		return fmt.Errorf("%w: %s", ErrUnreplayable, r.GetDetail())
	case r.GetPayloadTruncated():
		return fmt.Errorf("%w: its payload was cut to %d octets, because it was too large for the event; have the platform send the message anew", ErrUnreplayable, l.Octets)
	case l.Octets == 0:
		return fmt.Errorf("%w: it carries no payload", ErrUnreplayable)
	case !dispatchSubject(r.GetSubject()):
		return fmt.Errorf("%w: its subject %q is none of %s", ErrUnreplayable, r.GetSubject(), contract.StreamDispatch)
	case again:
		return nil
	case l.Newer != 0:
		return &Superseded{By: l.Newer}
	case l.Replays > 0:
		return &Replayed{At: l.ReplayedAt}
	}
	return nil
}

// dispatchSubject reports whether a command may be published on a subject.
func dispatchSubject(subject string) bool {
	tokens := strings.Split(subject, ".")
	for _, pattern := range contract.DispatchSubjects() {
		want := strings.Split(pattern, ".")
		fits := len(want) == len(tokens)
		for i := 0; fits && i < len(want); i++ {
			fits = want[i] == tokens[i] || want[i] == "*" && tokens[i] != ""
		}
		if fits {
			return true
		}
	}
	return false
}

// Replay publishes the commands of dead letters again, each on its own subject
// and once, also when it is called again (again false) or by two at a time. It
// returns nil, or the error of each that was not sent at its index. A dead letter
// of unknown outcome is no danger to replay again.
func (d *DeadLetters) Replay(ctx context.Context, letters []DeadLetter, again bool) []error {
	errs := make([]error, len(letters))
	failed := false
	for start := 0; start < len(letters); start += replayGroup {
		group := letters[start:min(start+replayGroup, len(letters))]
		for i, err := range d.replay(ctx, group, again) {
			if err != nil {
				errs[start+i] = fmt.Errorf("replay dead letter %d: %w", group[i].Sequence, err)
				failed = true
			}
		}
	}
	if !failed {
		return nil
	}
	return errs
}

func (d *DeadLetters) replay(ctx context.Context, letters []DeadLetter, again bool) []error {
	errs := make([]error, len(letters))
	whole := append([]DeadLetter(nil), letters...)
	for i, err := range d.Load(ctx, whole) {
		errs[i] = err
	}
	for i := range whole {
		if errs[i] == nil {
			errs[i] = whole[i].Replayable(again)
		}
	}
	marks, err := d.begin(ctx, whole, errs, again)
	if err != nil {
		return fillErrors(errs, fmt.Errorf("mark it: %w", err))
	}
	var messages []*nats.Msg
	var of []int
	streams := map[string]string{}
	for i := range whole {
		if errs[i] != nil {
			continue
		}
		if m, err := d.replayOf(ctx, &whole[i], marks[i].Replays, streams); err != nil {
			errs[i] = err
		} else {
			messages, of = append(messages, m), append(of, i)
		}
	}
	_, outcomes := d.conn.store(ctx, messages)
	for j, err := range outcomes {
		if err != nil {
			errs[of[j]] = fmt.Errorf("publish on %s: %w", messages[j].Subject, err)
		}
	}
	if err := d.end(ctx, whole, marks, errs); err != nil {
		return fillErrors(errs, fmt.Errorf("it was sent, and not marked as replayed (replaying it again sends nothing twice): %w", err))
	}
	return errs
}

// fillErrors gives err to everything that has none.
func fillErrors(errs []error, err error) []error {
	for i := range errs {
		if errs[i] == nil {
			errs[i] = err
		}
	}
	return errs
}

// replayOf is the command of a dead letter for the n-th time. streams remembers which
// stream has which subject.
func (d *DeadLetters) replayOf(ctx context.Context, l *DeadLetter, n int, streams map[string]string) (_ *nats.Msg, err error) {
	stream, known := streams[l.Rejected.GetSubject()]
	if !known {
		if stream, err = d.conn.dispatchStreamOf(ctx, l.Rejected.GetSubject()); err != nil {
			return nil, err
		}
		streams[l.Rejected.GetSubject()] = stream
	}
	name := strconv.FormatUint(l.Sequence, 10) + ":" + strconv.Itoa(n)
	m := &nats.Msg{Subject: l.Rejected.GetSubject(), Data: l.Rejected.GetPayload(), Header: make(nats.Header, 6)}
	m.Header[contract.HeaderContentType] = []string{PayloadType(m.Data)}
	m.Header[contract.HeaderReplay] = []string{name}
	m.Header[jetstream.MsgIDHeader] = []string{"replay:" + name}
	m.Header[jetstream.ExpectedStreamHeader] = []string{stream}
	writeTrace(m.Header, l.Trace)
	return m, nil
}

// markKey names a dead letter for good: a stream that is made anew counts from 1
// again.
func markKey(l *DeadLetter) string {
	return strconv.FormatUint(l.Sequence, 10) + "." + strconv.FormatInt(l.StoredAt.UnixNano(), 10)
}

// begin marks the dead letters that have no error yet as about to be replayed,
// and gives those that somebody else has replayed theirs.
func (d *DeadLetters) begin(ctx context.Context, letters []DeadLetter, errs []error, again bool) ([]mark, error) {
	marks := make([]mark, len(letters))
	lives, err := d.lives(ctx)
	if err != nil {
		return nil, err
	}
	keys, of := keysOf(letters, errs)
	now := time.Now()
	return marks, d.marks.update(ctx, keys, true, func(j int, found entry) (write, bool) {
		i := of[j]
		was := readMark(found)
		marks[i] = was
		switch {
		case was.Done && !again:
			errs[i] = &Replayed{At: was.At}
			return write{}, false
		case was.Replays > 0 && !was.Done:
			return write{}, false // it broke off, or another is at it: this is the same replay
		}
		marks[i] = mark{Replays: was.Replays + 1, At: now}
		return marks[i].write(lives(&letters[i])), true
	})
}

// end marks as replayed what has been published.
func (d *DeadLetters) end(ctx context.Context, letters []DeadLetter, marks []mark, errs []error) error {
	lives, err := d.lives(ctx)
	if err != nil {
		return err
	}
	keys, of := keysOf(letters, errs)
	return d.marks.update(ctx, keys, false, func(j int, found entry) (write, bool) {
		i := of[j]
		if was := readMark(found); was.Done || was.Replays > marks[i].Replays {
			return write{}, false
		}
		done := marks[i]
		done.At, done.Done = time.Now(), true
		return done.write(lives(&letters[i])), true
	})
}

// keysOf returns the keys of the dead letters without an error, and whose they are.
func keysOf(letters []DeadLetter, errs []error) (keys []string, of []int) {
	for i := range letters {
		if errs[i] == nil {
			keys, of = append(keys, markKey(&letters[i])), append(of, i)
		}
	}
	return keys, of
}

// lives returns how long the mark of a dead letter shall live: 0 for ever.
func (d *DeadLetters) lives(ctx context.Context) (func(*DeadLetter) time.Duration, error) {
	s, err := d.conn.openEvents(ctx)
	if err != nil {
		return nil, err
	}
	maxAge := s.CachedInfo().Config.MaxAge
	return func(l *DeadLetter) time.Duration {
		if maxAge == 0 {
			return 0
		}
		return max(maxAge-time.Since(l.StoredAt), 0) + markGrace
	}, nil
}

func (m mark) write(life time.Duration) write {
	value, _ := json.Marshal(m) // a number, a time of this century and a truth always have a JSON form
	w := write{value: value}
	if life > 0 {
		w.header = nats.Header{headerTTL: {life.Truncate(time.Second).String()}}
	}
	return w
}

// readMark reads what is there; what cannot be read is none of ours, and as good
// as nothing.
func readMark(e entry) (m mark) {
	if e.live() && json.Unmarshal(e.value, &m) != nil {
		return mark{}
	}
	return m
}

// readMarks fills in what was replayed. It makes no bucket: to look must not need
// the right to change anything.
func (d *DeadLetters) readMarks(ctx context.Context, letters []DeadLetter) error {
	if len(letters) == 0 {
		return nil
	}
	if !d.marks.made.Load() {
		bounded, cancel := d.conn.bounded(ctx)
		_, err := d.conn.js.Stream(bounded, d.marks.stream.Name)
		cancel()
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil // nothing was ever replayed
		} else if err != nil {
			return fmt.Errorf("read what was replayed: %w", away(err))
		}
		d.marks.made.Store(true)
	}
	keys, _ := keysOf(letters, make([]error, len(letters)))
	entries, err := d.marks.get(ctx, keys)
	if err != nil {
		return fmt.Errorf("read what was replayed: %w", err)
	}
	for i, e := range entries {
		if m := readMark(e); m.Done {
			letters[i].Replays, letters[i].ReplayedAt = m.Replays, m.At
		} else if m.Replays > 1 {
			letters[i].Replays, letters[i].ReplayedAt = m.Replays-1, m.At
		}
	}
	return nil
}
