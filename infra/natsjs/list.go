package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// scanPage is how many entries one request of a scan asks for.
	scanPage = 1000
	// longestList is the most entries that the server returns by pattern; beyond it refuses (413).
	longestList = 1024
)

// directGet is a request of $JS.API.DIRECT.GET that has many answers (ADR-31).
type directGet struct {
	MultiLast []string   `json:"multi_last,omitempty"`
	Sequence  uint64     `json:"seq,omitempty"`
	StartTime *time.Time `json:"start_time,omitempty"` // in place of a sequence
	NextFor   string     `json:"next_by_subj,omitempty"`
	Batch     int        `json:"batch,omitempty"`
	MaxBytes  int        `json:"max_bytes,omitempty"` // the answer that passes it is the last
}

// list returns the entries under a pattern of keys, at most longestList, which the
// server finds by its index of subjects.
func (b *bucket) list(ctx context.Context, pattern string) ([]entry, error) {
	entries, _, err := b.ask(ctx, directGet{MultiLast: []string{b.prefix + pattern}})
	return entries, err
}

// scan calls each with every entry of the bucket, deletions too.
func (b *bucket) scan(ctx context.Context, each func(entry)) error {
	return b.scanOf(ctx, ">", each)
}

// scanOf is scan for the keys of a pattern.
func (b *bucket) scanOf(ctx context.Context, pattern string, each func(entry)) error {
	request := directGet{Sequence: 1, NextFor: b.prefix + pattern, Batch: scanPage}
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

// ask sends one request to the bucket.
func (b *bucket) ask(ctx context.Context, request directGet) (entries []entry, pending uint64, err error) {
	if err := b.ready(ctx); err != nil {
		return nil, 0, err
	}
	found, pending, err := b.conn.getMany(ctx, b.stream.Name, request)
	if err != nil {
		b.doubt(err)
		return nil, 0, err
	}
	for _, m := range found {
		e := readEntry(m)
		e.key = b.keyOf(m.Header.Get(headerSubject))
		entries = append(entries, e)
	}
	return entries, pending, nil
}

// getMany sends one request for messages of a stream and collects its answers up
// to the server's end mark (204), and how many more there would be.
func (c *Conn) getMany(ctx context.Context, stream string, request directGet) (found []*nats.Msg, pending uint64, err error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return nil, 0, err
	}
	answers := make(chan *nats.Msg, longestList+1) // the end mark too: a full channel would lose answers
	inbox := c.nc.NewInbox()
	sub, err := c.nc.ChanSubscribe(inbox, answers)
	if err != nil {
		return nil, 0, away(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails only when the connection is gone already
	if err := c.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, body); err != nil {
		return nil, 0, away(err)
	}
	outage := c.outage()
	for {
		select {
		case m := <-answers:
			switch status := m.Header.Get("Status"); status {
			case "":
				found = append(found, m)
			case "204": // the end
				pending, _ = strconv.ParseUint(m.Header.Get("Nats-Num-Pending"), 10, 64)
				return found, pending, nil
			case "404":
				return nil, 0, nil
			case "503":
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
