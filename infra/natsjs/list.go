package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
)

const (
	// scanPage is how many entries one request of a scan asks for.
	scanPage = 256
	// longestList is the most entries that the server returns by pattern; beyond it refuses (413).
	longestList = 1024
)

// directGet is a request of $JS.API.DIRECT.GET that has many answers (ADR-31).
type directGet struct {
	MultiLast []string `json:"multi_last,omitempty"`
	Sequence  uint64   `json:"seq,omitempty"`
	NextFor   string   `json:"next_by_subj,omitempty"`
	Batch     int      `json:"batch,omitempty"`
}

// list returns the entries under a pattern of keys, at most longestList, which the
// server finds by its index of subjects.
func (b *bucket) list(ctx context.Context, pattern string) ([]entry, error) {
	entries, _, err := b.ask(ctx, directGet{MultiLast: []string{b.prefix + pattern}})
	return entries, err
}

// scan calls each with every entry of the bucket, deletions too.
func (b *bucket) scan(ctx context.Context, each func(entry)) error {
	request := directGet{Sequence: 1, NextFor: b.prefix + ">", Batch: scanPage}
	for {
		entries, pending, err := b.ask(ctx, request)
		if err != nil {
			return err
		}
		for _, e := range entries {
			each(e)
		}
		if len(entries) == 0 || pending == 0 {
			return nil
		}
		request.Sequence = entries[len(entries)-1].revision + 1
	}
}

// ask sends one request and collects its answers up to the server's end mark
// (204), and how many more there would be.
func (b *bucket) ask(ctx context.Context, request directGet) (entries []entry, pending uint64, err error) {
	if err := b.ready(ctx); err != nil {
		return nil, 0, err
	}
	ctx, cancel := b.conn.bounded(ctx)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return nil, 0, err
	}
	answers := make(chan *nats.Msg, longestList+1) // the end mark too: a full channel would lose answers
	inbox := b.conn.nc.NewInbox()
	sub, err := b.conn.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, 0, away(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only when the connection is gone already
	if err := b.conn.nc.PublishRequest("$JS.API.DIRECT.GET."+b.stream.Name, inbox, body); err != nil {
		return nil, 0, away(err)
	}
	outage := b.conn.outage()
	for {
		select {
		case m := <-answers:
			switch status := m.Header.Get("Status"); status {
			case "":
				e := readEntry(m)
				e.key = b.keyOf(m.Header.Get(headerSubject))
				entries = append(entries, e)
			case "204": // the end
				pending, _ = strconv.ParseUint(m.Header.Get("Nats-Num-Pending"), 10, 64)
				return entries, pending, nil
			case "404":
				return nil, 0, nil
			case "503":
				b.doubt(errNobody)
				return nil, 0, errNobody
			default:
				return nil, 0, fmt.Errorf("the server refuses to list: %s %s", status, m.Header.Get("Description"))
			}
		case <-outage:
			return nil, 0, ErrAway
		case <-ctx.Done():
			return nil, 0, errors.Join(errors.New("the answers to a list do not end"), context.Cause(ctx))
		}
	}
}
