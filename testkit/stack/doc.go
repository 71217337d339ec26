// Package stack starts the real servers that the connector talks to, for tests:
// NATS with JetStream (nats.go, in the test's own process), Postgres
// (postgres.go) and Redis (redis.go), each on loopback, each with a store of its
// own in a temporary folder, each gone when the test has ended.
//
// They are real on purpose: what an adapter gets wrong is nearly always how a
// server answers when it restarts, refuses or stays silent, and a fake would be
// wrong in the same place as the adapter. So every handle can stop its server
// and start it again on the same address and the same store.
package stack
