// Package actors is the actor system of the connector: dull shells around the
// pure decisions of the packages below it.
//
//	connector                                 root: starts bridges, then operators; drains
//	├─ bridge/nats      pulls commands, publishes health, MOs and dead letters
//	├─ bridge/redis     sequence numbers, references, kept MO parts
//	├─ bridge/postgres  stores what was accepted, settles commands, correlates receipts
//	└─ operator/{id}    one MNO account: credentials, its binds, failover
//	   └─ bind/{mno}/{direction}/{number}   the life of one bind
//	      ├─ session    one connection: one incarnation of this actor
//	      ├─ window     admission, in-flight, outcomes
//	      ├─ sequence   blocks of sequence numbers and references
//	      └─ concat     inbound messages in parts
//
// # Rules of the house
//
//   - Receive never blocks. A bridge calls its port on a goroutine, which sends
//     the answer back as a message.
//   - What crosses the hot path crosses it in batches: all PDUs of one read, all
//     submits that they free.
//   - Flow control is credit (window.Credit): mailboxes are unbounded and stay
//     short because nothing is pulled that cannot soon be submitted.
//   - A lost line is not a bug: the session ends with a *LinkEnded, raised by
//     EscalateFailure; the bind, as its supervisor, answers with the exact
//     backoff of US-SC-005. Any other failure is a bug: restarted a few times,
//     then escalated.
//   - Window, sequence and concat are the session's siblings, so that a lost line
//     costs none of their state.
//   - Messages that an incarnation may outlive carry its *link; another's are
//     dropped, and counted when they should not happen.
package actors
