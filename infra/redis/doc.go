// Package redis shares between pods what they must not decide alone: sequence
// numbers and concatenation references (port.Counters, US-SC-022, US-SC-026), the
// permits of a TPS limit (port.Permits, US-SC-012), and the parts of inbound
// messages (port.ConcatStore, US-SC-025).
//
//	smpp:seq:{mno}:{direction}:{bindId}         the highest sequence number handed out   INCRBY
//	smpp:concat:ref:{mno}:{direction}:{bindId}  the same for references                  INCRBY
//	tps:{operatorId}:{windowStart}              PDUs of one second that are spent          INCRBY, EXPIRE 2
//	smpp:mo:{parts}:<key>                       one inbound message: its deadline and parts
//	smpp:mo:{parts}:due                         which of them is due when
//
// Rule 1: nobody waits for Redis. A counter call ends after 50 ms at the latest;
// after one that failed, calls fail at once with ErrAway until a ping, sent in
// the background, was answered. A server that is frozen, and so makes no error of its
// own, costs each caller one such wait and not one a message.
//
// Rule 2: nothing is retried here. An INCRBY whose answer did not come in time may still
// be executed; the numbers that it took are then never used, which is harmless.
//
// Rule 3: no key but those of one second has a TTL. The counters must outlive every pause, and a part
// was acknowledged to the MNO once it was kept here: a Redis that evicts keys with
// a TTL when memory is short would lose it. Groups are taken out by whoever
// publishes them, and Due finds the ones that nobody completed.
//
// On Redis Cluster all groups live in one slot, that of the tag {parts}, because
// a script touches a group and the index together.
package redis
