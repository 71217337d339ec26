package natsjs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

const salaam = `{"messageId":%q,"to":"93700123456","text":"salaam"}`

// bury publishes a dead letter as the connector does.
func bury(t *testing.T, conn *natsjs.Conn, operator, id, reason string, change ...func(*contract.DispatchRejected)) {
	t.Helper()
	body := &contract.DispatchRejected{MessageId: id, OperatorId: operator, Reason: reason, DeliveryCount: 1,
		Subject: contract.OperatorSubject(operator), Payload: fmt.Appendf(nil, salaam, id)}
	for _, c := range change {
		c(body)
	}
	event := port.Event{Subject: contract.SubjectDLQ, Body: body, Trace: port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
	if errs := conn.Publisher().Publish(within(t), []port.Event{event}); errs != nil {
		t.Fatal(errs)
	}
}

func find(t *testing.T, d *natsjs.DeadLetters, f natsjs.DeadLetterFilter) []natsjs.DeadLetter {
	t.Helper()
	found, err := d.Find(within(t), f)
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	return found
}

func sequences(letters []natsjs.DeadLetter) (all []uint64) {
	for _, l := range letters {
		all = append(all, l.Sequence)
	}
	return all
}

// commands returns what is stored in SMPP_DISPATCH, in order.
func commands(t *testing.T, conn *natsjs.Conn) (all []*jetstream.RawStreamMsg) {
	t.Helper()
	stream, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	state := stream.CachedInfo().State
	for sequence := state.FirstSeq; sequence <= state.LastSeq && state.Msgs > 0; sequence++ {
		m, err := stream.GetMsg(within(t), sequence)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func hasStream(t *testing.T, conn *natsjs.Conn, name string) bool {
	t.Helper()
	_, err := conn.JetStream().Stream(within(t), name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestDeadLettersAreFoundByWhatIsAskedFor(t *testing.T) {
	conn, server := connected(t)
	binary := connect(t, natsjs.Options{URLs: []string{server.URL}, Binary: true})
	d := conn.DeadLetters()
	if found := find(t, d, natsjs.DeadLetterFilter{}); len(found) != 0 {
		t.Errorf("%d dead letters in an empty stream", len(found))
	}
	began := time.Now().Add(-time.Minute)
	bury(t, conn, "awcc", "m1", "rejected_by_mno")                                                          // 1
	bury(t, binary, "roshan", "m2", "missing_field")                                                        // 2: as protobuf
	publishHealth(t, conn)                                                                                  // 3: another event
	bury(t, conn, "awcc", "m1", "expired")                                                                  // 4
	bury(t, conn, "awcc", "", "malformed")                                                                  // 5
	bury(t, conn, "roshan", "", "malformed")                                                                // 6
	if err := send(within(t), conn.JetStream(), contract.SubjectDLQ, []byte("not JSON"), nil); err != nil { // 7
		t.Fatal(err)
	}
	all := find(t, d, natsjs.DeadLetterFilter{})
	middle := all[2].StoredAt
	type filter = natsjs.DeadLetterFilter
	for _, c := range []struct {
		name   string
		filter filter
		want   []uint64
	}{
		{"all", filter{}, []uint64{1, 2, 4, 5, 6, 7}},
		{"reason", filter{Reasons: []string{"malformed", "expired"}}, []uint64{4, 5, 6}},
		{"operator", filter{Operators: []string{"awcc"}}, []uint64{1, 4, 5}},
		{"reason and operator", filter{Operators: []string{"roshan"}, Reasons: []string{"malformed"}}, []uint64{6}},
		{"since", filter{Since: middle}, []uint64{4, 5, 6, 7}},
		{"until", filter{Until: middle}, []uint64{1, 2}},
		{"between", filter{Since: began, Until: middle}, []uint64{1, 2}},
		{"since tomorrow", filter{Since: time.Now().Add(24 * time.Hour)}, nil},
		{"the newest", filter{Limit: 2}, []uint64{6, 7}},
		{"sequences", filter{Sequences: []uint64{4, 2, 3, 99}}, []uint64{2, 4}},
		{"messages", filter{MessageIDs: []string{"m1"}}, []uint64{1, 4}},
		{"either", filter{MessageIDs: []string{"m2"}, Sequences: []uint64{5}}, []uint64{2, 5}},
		{"no message has no id", filter{MessageIDs: []string{""}}, nil},
		{"what cannot be read", filter{Reasons: []string{natsjs.ReasonUnreadable}}, []uint64{7}},
	} {
		if got := sequences(find(t, d, c.filter)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if first := all[0]; first.Newer != 4 || first.Rejected.GetPayload() != nil || first.Octets != len(fmt.Sprintf(salaam, "m1")) || first.StoredAt.Before(began) || first.Trace.Parent == "" {
		t.Errorf("%+v", first)
	}
	if all[1].Newer != 0 || all[2].Newer != 0 || all[3].Newer != 0 || all[1].Rejected.GetMessageId() != "m2" {
		t.Error("a dead letter is taken for an older one of its message")
	}
	if hasStream(t, conn, "KV_"+contract.BucketReplays) {
		t.Error("looking made a bucket")
	}
	if errs := d.Load(within(t), all[:2]); errs != nil || string(all[1].Rejected.GetPayload()) != fmt.Sprintf(salaam, "m2") {
		t.Errorf("Load: %v, %q", errs, all[1].Rejected.GetPayload())
	}
}

func publishHealth(t *testing.T, conn *natsjs.Conn) {
	t.Helper()
	if errs := conn.Publisher().Publish(within(t), []port.Event{{Subject: contract.SubjectOperatorHealth, Body: &contract.OperatorHealthEvent{OperatorId: "awcc"}}}); errs != nil {
		t.Fatal(errs)
	}
}

// More than one page, by number and by size.
func TestManyDeadLettersAreFound(t *testing.T) {
	conn, _ := connected(t)
	for i := range 600 {
		bury(t, conn, "awcc", fmt.Sprint("m", i), "expired")
	}
	for i := range 40 {
		bury(t, conn, "awcc", fmt.Sprint("large", i), "expired", func(r *contract.DispatchRejected) { r.Payload = []byte(strings.Repeat("x", 500<<10)) })
	}
	if found := find(t, conn.DeadLetters(), natsjs.DeadLetterFilter{}); len(found) != 640 || found[639].Octets != 500<<10 {
		t.Errorf("%d of 640 found", len(found))
	}
}

func TestAReplayIsPublishedOnceAsItWas(t *testing.T) {
	conn, server := connected(t)
	d := conn.DeadLetters()
	payload, _, err := contract.Encode(&contract.SmsDispatchCommand{MessageId: "m2", To: "93700123456", Text: "salaam"}, true)
	if err != nil {
		t.Fatal(err)
	}
	bury(t, conn, "awcc", "m1", "rejected_by_mno")
	bury(t, conn, "awcc", "m2", "rejected_by_mno", func(r *contract.DispatchRejected) {
		r.Payload, r.Subject = payload, contract.BindSubject("awcc", "tx", 1)
	})
	// The platform published m1 under its messageId, as it may; the stream remembers that.
	if _, err := conn.JetStream().Publish(within(t), contract.OperatorSubject("other"), []byte("{}"), jetstream.WithMsgID("m1")); err != nil {
		t.Fatal(err)
	}
	letters := find(t, d, natsjs.DeadLetterFilter{})
	if errs := d.Replay(within(t), letters, false); errs != nil {
		t.Fatal(errs)
	}
	stored := commands(t, conn)[1:]
	if len(stored) != 2 {
		t.Fatalf("%d commands", len(stored))
	}
	if m := stored[0]; m.Subject != "smpp.operator.awcc" || string(m.Data) != fmt.Sprintf(salaam, "m1") || m.Header.Get("Content-Type") != "application/json" ||
		m.Header.Get("Smpp-Replay") != "1:1" || m.Header.Get("traceparent") == "" || m.Header.Get("Nats-Msg-Id") != "replay:1:1" {
		t.Errorf("%s %s %v", m.Subject, m.Data, m.Header)
	}
	if m := stored[1]; m.Subject != "smpp.awcc.tx.1.dispatch" || string(m.Data) != string(payload) || m.Header.Get("Content-Type") != "application/protobuf" {
		t.Errorf("%s %v", m.Subject, m.Header)
	}
	var before *natsjs.Replayed
	for _, again := range [][]natsjs.DeadLetter{letters, find(t, d, natsjs.DeadLetterFilter{})} { // as somebody else, and as the next call sees them
		for _, err := range d.Replay(within(t), again, false) {
			if !errors.As(err, &before) || time.Since(before.At) > time.Minute {
				t.Errorf("replayed a second time: %v", err)
			}
		}
	}
	found := find(t, connect(t, natsjs.Options{URLs: []string{server.URL}}).DeadLetters(), natsjs.DeadLetterFilter{})
	if found[0].Replays != 1 || found[1].ReplayedAt.IsZero() {
		t.Errorf("not marked: %+v", found[0])
	}
	if errs := d.Replay(within(t), found[:1], true); errs != nil {
		t.Fatal(errs)
	}
	stored = commands(t, conn)[1:]
	if len(stored) != 3 || stored[2].Header.Get("Smpp-Replay") != "1:2" {
		t.Errorf("%d commands after a replay that was asked for again", len(stored))
	}
	if found = find(t, d, natsjs.DeadLetterFilter{}); found[0].Replays != 2 {
		t.Errorf("%d replays, want 2", found[0].Replays)
	}
}

// A double click, or two people at once.
func TestReplaysSideBySideSendOnce(t *testing.T) {
	conn, server := connected(t)
	const n = 50
	for i := range n {
		bury(t, conn, "awcc", fmt.Sprint("m", i), "rejected_by_mno")
	}
	letters := find(t, conn.DeadLetters(), natsjs.DeadLetterFilter{})
	var all sync.WaitGroup
	for range 4 {
		other := connect(t, natsjs.Options{URLs: []string{server.URL}}).DeadLetters()
		all.Go(func() {
			for _, err := range other.Replay(within(t), slices.Clone(letters), false) {
				var before *natsjs.Replayed
				if err != nil && !errors.As(err, &before) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := len(commands(t, conn)); got != n {
		t.Errorf("%d commands for %d dead letters", got, n)
	}
}

// A replay that broke off after it was begun is neither lost nor doubled.
func TestAReplayThatBrokeOffGoesOn(t *testing.T) {
	conn, _ := connected(t)
	d := conn.DeadLetters()
	bury(t, conn, "awcc", "m1", "rejected_by_mno")
	letters := find(t, d, natsjs.DeadLetterFilter{})
	if err := conn.JetStream().DeleteStream(within(t), contract.StreamDispatch); err != nil {
		t.Fatal(err)
	}
	if errs := d.Replay(within(t), letters, false); errs == nil {
		t.Fatal("sent to a stream that is not there")
	}
	if found := find(t, d, natsjs.DeadLetterFilter{}); found[0].Replays != 0 {
		t.Error("marked as replayed")
	}
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	if errs := d.Replay(within(t), letters, false); errs != nil {
		t.Fatal(errs)
	}
	if stored := commands(t, conn); len(stored) != 1 || stored[0].Header.Get("Smpp-Replay") != "1:1" {
		t.Errorf("%d commands", len(stored))
	}
}

func TestWhatCannotBeReplayed(t *testing.T) {
	conn, _ := connected(t)
	d := conn.DeadLetters()
	bury(t, conn, "awcc", "cut", "too_large", func(r *contract.DispatchRejected) { r.PayloadTruncated = true })
	bury(t, conn, "awcc", "empty", "malformed", func(r *contract.DispatchRejected) { r.Payload = nil })
	bury(t, conn, "awcc", "elsewhere", "expired", func(r *contract.DispatchRejected) { r.Subject = contract.SubjectSubmitted })
	bury(t, conn, "awcc", "twice", "expired")
	bury(t, conn, "awcc", "twice", "expired")
	if err := send(within(t), conn.JetStream(), contract.SubjectDLQ, []byte("not JSON"), nil); err != nil {
		t.Fatal(err)
	}
	letters := find(t, d, natsjs.DeadLetterFilter{})
	errs := d.Replay(within(t), letters, false)
	for i, want := range []string{"cut", "no payload", "sms.dispatch.submitted", "replay dead letter 5", "", "not a JSON object"} {
		if (errs[i] == nil) != (want == "") || errs[i] != nil && !strings.Contains(errs[i].Error(), want) {
			t.Errorf("dead letter %d: %v, want %q", i+1, errs[i], want)
		}
		if want != "" && i != 3 && !errors.Is(errs[i], natsjs.ErrUnreplayable) {
			t.Errorf("dead letter %d: %v", i+1, errs[i])
		}
	}
	if stored := commands(t, conn); len(stored) != 1 {
		t.Errorf("%d commands, want 1", len(stored))
	}
	if errs := d.Replay(within(t), letters[3:4], true); errs != nil {
		t.Errorf("an older dead letter that was asked for: %v", errs)
	}
}

func TestDropRemovesForGood(t *testing.T) {
	conn, _ := connected(t)
	d := conn.DeadLetters()
	bury(t, conn, "awcc", "m1", "expired")
	publishHealth(t, conn)
	bury(t, conn, "awcc", "m2", "expired")
	bury(t, conn, "awcc", "m3", "expired")
	letters := find(t, d, natsjs.DeadLetterFilter{})
	if errs := d.Replay(within(t), letters[:1], false); errs != nil {
		t.Fatal(errs)
	}
	letters = find(t, d, natsjs.DeadLetterFilter{})
	if errs := d.Drop(within(t), letters[:2]); errs != nil {
		t.Fatal(errs)
	}
	if got := sequences(find(t, d, natsjs.DeadLetterFilter{})); !slices.Equal(got, []uint64{4}) {
		t.Errorf("left: %v", got)
	}
	marks, err := conn.JetStream().KeyValue(within(t), contract.BucketReplays)
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := marks.Keys(within(t)); !errors.Is(err, jetstream.ErrNoKeysFound) {
		t.Errorf("marks left: %v, %v", keys, err)
	}
	for i, err := range d.Drop(within(t), letters) {
		if gone := errors.Is(err, natsjs.ErrNoDeadLetter); gone != (i < 2) {
			t.Errorf("dropped again: %v", err)
		}
	}
	if errs := d.Replay(within(t), letters[:1], true); errs == nil || !errors.Is(errs[0], natsjs.ErrNoDeadLetter) {
		t.Errorf("a dead letter that is gone was replayed: %v", errs)
	}
	stream, err := conn.JetStream().Stream(within(t), contract.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 1 {
		t.Errorf("%d events are left, want the one that is no dead letter", n)
	}
}

// A stream that was made anew counts from 1 again: its dead letters are others.
func TestMarksAreNotTakenForThoseOfANewStream(t *testing.T) {
	conn, _ := connected(t)
	d := conn.DeadLetters()
	bury(t, conn, "awcc", "m1", "expired")
	old := find(t, d, natsjs.DeadLetterFilter{})
	if errs := d.Replay(within(t), old, false); errs != nil {
		t.Fatal(errs)
	}
	if err := conn.JetStream().DeleteStream(within(t), contract.StreamEvents); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Find(within(t), natsjs.DeadLetterFilter{}); err == nil || !strings.Contains(err.Error(), contract.StreamEvents) {
		t.Errorf("no stream: %v", err)
	}
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	bury(t, conn, "awcc", "m2", "expired")
	if found := find(t, d, natsjs.DeadLetterFilter{}); len(found) != 1 || found[0].Sequence != 1 || found[0].Replays != 0 {
		t.Errorf("%+v", found)
	}
	if errs := d.Load(within(t), old); errs == nil || !errors.Is(errs[0], natsjs.ErrNoDeadLetter) {
		t.Errorf("another stream's dead letter was loaded: %v", errs)
	}
}

// A mark lives an hour longer than its dead letter.
func TestMarksEndWithTheirDeadLetters(t *testing.T) {
	conn, _ := connected(t)
	d := conn.DeadLetters()
	bury(t, conn, "awcc", "m1", "expired")
	if errs := d.Replay(within(t), find(t, d, natsjs.DeadLetterFilter{}), false); errs != nil {
		t.Fatal(errs)
	}
	stream, err := conn.JetStream().Stream(within(t), "KV_"+contract.BucketReplays)
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(within(t), stream.CachedInfo().State.LastSeq)
	if err != nil {
		t.Fatal(err)
	}
	life, err := time.ParseDuration(m.Header.Get("Nats-TTL"))
	if want := 7*24*time.Hour + time.Hour; err != nil || life > want || life < want-time.Minute {
		t.Errorf("TTL %v, %v; want %v", life, err, want)
	}
}

func TestPayloadType(t *testing.T) {
	encode := func(c *contract.SmsDispatchCommand) []byte {
		payload, _, err := contract.Encode(c, true)
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	whole := encode(&contract.SmsDispatchCommand{MessageId: "m1", To: "93700123456", Text: "salaam"})
	for _, c := range []struct {
		payload []byte
		want    string
	}{
		{[]byte(`{"messageId":"m1","to":"93700123456","text":"x"}`), contract.ContentTypeJSON},
		{[]byte(`{"messageId":"m1"}`), contract.ContentTypeJSON},
		{[]byte("\n\t{\"messageId\":\"m1\"}"), contract.ContentTypeJSON},
		{[]byte(`{"messageId":"m1",`), contract.ContentTypeJSON},
		{[]byte(`salaam`), contract.ContentTypeJSON},
		{nil, contract.ContentTypeJSON},
		{whole, contract.ContentTypeProtobuf},
		{encode(&contract.SmsDispatchCommand{MessageId: "m1"}), contract.ContentTypeProtobuf}, // no recipient
		{encode(&contract.SmsDispatchCommand{MessageId: "{", To: "1"}), contract.ContentTypeProtobuf},
		{whole[:len(whole)-3], contract.ContentTypeProtobuf}, // broken off
	} {
		if got := natsjs.PayloadType(c.payload); got != c.want {
			t.Errorf("%q: %s, want %s", c.payload, got, c.want)
		}
	}
}

// Once: a command that somebody waits for does not wait for NATS.
func TestConnectOnceSaysThatNATSIsAway(t *testing.T) {
	down := stack.NATSDown(t)
	began := time.Now()
	if _, err := natsjs.Connect(within(t), natsjs.Options{URLs: []string{down.URL}, Once: true}); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	locked := stack.NATS(t, stack.WithNKey())
	if _, err := natsjs.Connect(within(t), natsjs.Options{URLs: []string{locked.URL}, Once: true}); err == nil || !strings.Contains(err.Error(), "Authorization") {
		t.Errorf("without the NKey: %v", err)
	}
}
