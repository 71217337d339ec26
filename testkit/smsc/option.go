package smsc

import (
	"crypto/tls"
	"io"
)

// An Option fixes something for a server's whole life. A Step is one too: it
// joins the server's script, in order.
type Option interface{ configure(*settings) }

type option func(*settings)

func (o option) configure(s *settings) { o(s) }

func (st Step) configure(s *settings) { s.script = append(s.script, st) }

// settings is what the options fixed.
type settings struct {
	systemID, password string // empty: any
	ourID              string // system_id in bind responses
	script             []Step
	each               []Step
	nth                map[int][]Step
	tls                *tls.Config
	firstID            uint64
	compact            bool
	keepSMS            int
	onSMS              func(*SMS)
	keepLines          int
	linesTo, newsTo    io.Writer
	key                func(*SMS) string
	maxPDU             int
}

func defaults() settings {
	return settings{ourID: "smsc", keepSMS: 1 << 20, nth: map[int][]Step{}}
}

// Account accepts binds with this system_id and password only: another
// system_id gets ESME_RINVSYSID, another password ESME_RINVPASWD. An empty
// string accepts any.
func Account(systemID, password string) Option {
	return option(func(s *settings) { s.systemID, s.password = systemID, password })
}

// Named is the system_id in bind responses, "smsc" otherwise.
func Named(systemID string) Option { return option(func(s *settings) { s.ourID = systemID }) }

// Script plays steps for the server as a whole: a refusal, a turn of answers
// and a dropped line follow each other over however many connections it takes.
func Script(steps ...Step) Option {
	return option(func(s *settings) { s.script = append(s.script, steps...) })
}

// EachConnection plays steps from the top on every connection. Its rules hold
// for that connection alone, and its turns come before the server's.
func EachConnection(steps ...Step) Option {
	return option(func(s *settings) { s.each = append(s.each, steps...) })
}

// Connection plays steps on the n-th connection, counted from 1, in place of
// EachConnection's.
func Connection(n int, steps ...Step) Option {
	return option(func(s *settings) { s.nth[n] = append(s.nth[n], steps...) })
}

// TLS has Listen and Start speak TLS.
func TLS(config *tls.Config) Option { return option(func(s *settings) { s.tls = config }) }

// FirstID is the number of the first message id, for goldens. Without it ids
// begin at the clock, so that a simulator started again gives new ones.
func FirstID(n uint64) Option { return option(func(s *settings) { s.firstID = n }) }

// Compact keeps counters and one 64-bit hash per SMS and nothing else, for
// benchmarks: SMS, Messages and query_sm find nothing.
func Compact() Option { return option(func(s *settings) { s.compact = true }) }

// Keep bounds the SMS that are kept to read back; the first n are. The default
// is 1,048,576. Counters and duplicates go on beyond it.
func Keep(n int) Option { return option(func(s *settings) { s.keepSMS = n }) }

// OnSMS calls do with every accepted SMS as it comes, for benchmarks that keep one thing
// of it: with Compact, nothing else is kept. do is called by one goroutine at a time,
// and holds up the MNO; what it is given is good until it returns.
func OnSMS(do func(*SMS)) Option { return option(func(s *settings) { s.onSMS = do }) }

// Transcript keeps the last n lines: one per PDU, with the time since the start,
// the session's number, the direction and codec.Dump.
func Transcript(n int) Option { return option(func(s *settings) { s.keepLines = n }) }

// TranscriptTo also writes the lines to w, from a goroutine of its own: a slow w
// costs lines, which are counted there, and never holds up a peer.
func TranscriptTo(w io.Writer) Option { return option(func(s *settings) { s.linesTo = w }) }

// NewsTo writes one line per bind, refusal, unbind and lost line to w, likewise.
func NewsTo(w io.Writer) Option { return option(func(s *settings) { s.newsTo = w }) }

// SameWhen says what makes a second SMS a duplicate: the same key. An empty key
// is never one. Without it the rule of Duplicates holds.
func SameWhen(key func(*SMS) string) Option { return option(func(s *settings) { s.key = key }) }

// MaxPDU is the longest PDU that is read; the codec's default otherwise.
func MaxPDU(octets int) Option { return option(func(s *settings) { s.maxPDU = octets }) }
