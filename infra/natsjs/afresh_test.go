package natsjs_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	proto "github.com/ghasi/smpp-connector/proto"
)

// Issue 7: a server's write of a consumer's state that outlives the consumer's deletion
// makes the next one of that name begin with all that was handed out as pending. Its owner
// has it all the same, at once and not after AckWait, and marked.
func TestUSSC019WhatADeletedConsumerLeavesBehind(t *testing.T) {
	conn, server := connected(t)
	first, err := openAs(within(t), conn, 5)
	if err != nil {
		t.Fatal(err)
	}
	durable := proto.BindDurable("awcc", "trx", 1)
	file := filepath.Join(server.StoreDir, "jetstream", "$G", "streams", proto.StreamDispatch, "obs", durable, "o.dat")
	empty, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if err := send(within(t), conn.JetStream(), proto.BindSubject("awcc", "trx", 1), []byte(`{"messageId":"m","to":"+93700000001","text":"Hello"}`), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := inheritedOf(t, first, 3); got != "---" {
		t.Errorf("the first owner's commands: %s", got)
	}
	server.Stop() // it writes the state at its end at the latest
	away(t, conn)
	state, err := os.ReadFile(file)
	if err != nil || int64(len(state)) <= empty.Size() {
		t.Fatalf("the state of a consumer with three commands in hand has %d octets, before it had %d: %v", len(state), empty.Size(), err)
	}
	server.Start()
	upAgain(t, conn)
	if err := conn.JetStream().DeleteConsumer(within(t), proto.StreamDispatch, durable); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { // the write that was under way
		t.Fatal(err)
	}
	if err := os.WriteFile(file, state, 0o600); err != nil {
		t.Fatal(err)
	}
	next, err := openAs(within(t), conn, 9)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if got := inheritedOf(t, next, 4); got != "III-" {
		t.Errorf("the next owner's commands: %s, want III-", got)
	}
	if took := time.Since(began); took > bindSpec(9).AckWait/2 {
		t.Errorf("they came after %v", took)
	}
}
