// Package natsjs is the connector's side of NATS JetStream: commands come in by
// it (DispatchSource), events go out by it (Publisher), and where there is no
// Postgres or no Redis it keeps in key-value buckets what they would
// (Correlations, Receipts, Counters, Concatenations).
//
// Rule 1: every call ends. With its context, after Options.Timeout when the
// context has no end of its own, and at once when the connection is lost; it
// then says what was not confirmed, so that the caller may ask again. Nothing is
// buffered while NATS is away: a write that nobody has stored yet must not look
// like one that was.
//
// Rule 2: many at once. JetStream answers a single request in 40 µs and a stream
// of them in 6 µs each, so every hot call takes a batch, sends it whole and waits
// for all its answers together (exchange.go). Acknowledgements, publishes, gets
// and key-value writes are all that one thing.
//
//	           ┌ publishes ─► SMPP_EVENTS         PubAck
//	exchange ──┼ acks ──────► $JS.ACK…            empty      one answer each, on one
//	           ├ gets ──────► $JS.API.DIRECT…     the entry  subscription for all
//	           └ writes ────► $KV.bucket.key      PubAck
//	pull ──────  one request ─► a stream of commands, on a subscription of its own
//
// It does not decide anything: which command is tried again, what is a dead
// letter and who owns a bind are questions for actors. It alters no stream,
// bucket or consumer that somebody else made: it says what differs.
package natsjs
