package natsjs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Forgotten counts what no longer names a subscriber's number.
type Forgotten struct{ Correlations, Receipts, Events int }

// Forget takes a subscriber's number, without a '+', out of what the connector keeps in NATS: out of
// correlations and parked receipts, which go on working without it, and, where events
// is set, every event that quotes it, whole, also one that nobody has read yet.
// Commands that wait to be sent are the platform's own and stay. With dry it only counts.
func (c *Conn) Forget(ctx context.Context, number string, events, dry bool) (f Forgotten, err error) {
	if f.Correlations, err = c.forgetRows(ctx, number, dry); err != nil {
		return f, fmt.Errorf("correlations: %w", err)
	}
	if f.Receipts, err = c.forgetReceipts(ctx, number, dry); err != nil {
		return f, fmt.Errorf("parked receipts: %w", err)
	}
	if !events {
		return f, nil
	}
	if f.Events, err = c.forgetEvents(ctx, number, dry); err != nil {
		return f, fmt.Errorf("events: %w", err)
	}
	return f, nil
}

func (c *Conn) forgetRows(ctx context.Context, number string, dry bool) (int, error) {
	b := c.Correlations().bucket
	return b.rewrite(ctx, dry, func(k string, value []byte) ([]byte, bool) {
		tokens, err := splitKey(k, 3)
		if err != nil || tokens[0] != wordID {
			return nil, false // a pointer, which names no number
		}
		row, err := unpackCorrelation(port.CorrelationKey{OperatorID: tokens[1], OperatorMessageID: tokens[2]}, value)
		if err != nil || !is(row.From, number) && !is(row.To, number) {
			return nil, false
		}
		blank(&row.From, number)
		blank(&row.To, number)
		return packCorrelation(row), true
	})
}

func (c *Conn) forgetReceipts(ctx context.Context, number string, dry bool) (int, error) {
	return c.Receipts().bucket.rewrite(ctx, dry, func(k string, value []byte) ([]byte, bool) {
		r, err := unpackReceipt(k, value)
		if err != nil || !is(r.Source, number) && !is(r.Dest, number) && !bytes.Contains(r.Octets, []byte(number)) {
			return nil, false
		}
		blank(&r.Source, number)
		blank(&r.Dest, number)
		blankPDU(&r, number)
		return packReceipt(&r), true
	})
}

// blankPDU takes the number out of the receipt itself, whose text or TLVs some MNOs write it
// into.
func blankPDU(r *port.ParkedReceipt, number string) {
	zeros := func(octets []byte) []byte {
		return bytes.ReplaceAll(octets, []byte(number), bytes.Repeat([]byte{'0'}, len(number)))
	}
	pdu, err := codec.Parse(r.Octets)
	deliver, ok := pdu.(*codec.DeliverSM)
	if err != nil || !ok {
		r.Octets = zeros(r.Octets)
		return
	}
	blank(&deliver.SourceAddr, number)
	blank(&deliver.DestinationAddr, number)
	deliver.ShortMessage = zeros(deliver.ShortMessage)
	for i := range deliver.TLVs {
		deliver.TLVs[i].Value = zeros(deliver.TLVs[i].Value)
	}
	r.Octets = codec.Append(nil, deliver)
}

// is reports whether an address is a number, which has no '+', with one or without.
func is(address, number string) bool { return strings.TrimPrefix(address, "+") == number }

func blank(address *string, number string) {
	if is(*address, number) {
		*address = ""
	}
}

// rewrite replaces the values for which change wants it, each only while it is as it
// was read, and returns how many there were.
func (b *bucket) rewrite(ctx context.Context, dry bool, change func(key string, value []byte) ([]byte, bool)) (int, error) {
	var keys []string
	err := b.scan(ctx, func(e entry) {
		if e.live() {
			if _, wanted := change(e.key, e.value); wanted {
				keys = append(keys, e.key)
			}
		}
	})
	if err != nil || dry || len(keys) == 0 {
		return len(keys), err
	}
	return len(keys), b.update(ctx, keys, false, func(i int, found entry) (write, bool) {
		if !found.live() {
			return write{}, false
		}
		value, wanted := change(keys[i], found.value)
		return write{value: value}, wanted
	})
}

// forgetEvents removes the events that quote a number, in their fields or in the
// payload of a dead letter.
func (c *Conn) forgetEvents(ctx context.Context, number string, dry bool) (int, error) {
	if _, err := c.openEvents(ctx); err != nil {
		return 0, err
	}
	var sequences []uint64
	err := c.scanEvents(ctx, directGet{Sequence: 1, NextFor: ">", Batch: scanPage, MaxBytes: scanBytes}, func(m *nats.Msg) {
		if quotes(m, number) {
			sequences = append(sequences, sequenceOf(m))
		}
	})
	if err != nil || dry {
		return len(sequences), err
	}
	return len(sequences), errors.Join(c.dropEvents(ctx, sequences, overwrite)...)
}

func quotes(m *nats.Msg, number string) bool {
	if bytes.Contains(m.Data, []byte(number)) {
		return true
	}
	var letter struct{ Payload string }
	if m.Header.Get(headerSubject) != contract.SubjectDLQ || !strings.Contains(string(m.Data), `"payload"`) || json.Unmarshal(m.Data, &letter) != nil {
		return false
	}
	payload, err := base64.StdEncoding.DecodeString(letter.Payload)
	return err == nil && bytes.Contains(payload, []byte(number))
}
