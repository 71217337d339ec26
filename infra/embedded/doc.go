// Package embedded runs a nats-server with JetStream inside the connector's
// process: what standalone mode has in the place of NATS, Redis and Postgres, so
// that a newcomer needs nothing but the binary.
//
// It listens on loopback only, without authentication, so that `send`, `binds`
// or the nats tool reach it from another terminal of the same machine; the
// address it got stands in DIR/nats.url while it runs. The connector itself
// talks to it over a pipe within the process.
//
// One data directory belongs to one process: two servers on one store would
// destroy it, so the second is refused with the first one's process id.
//
// It is not for production with more than one pod. What it stores survives a
// crash of the process at once, and one of the machine (power, kernel) up to the
// last SyncInterval.
package embedded
