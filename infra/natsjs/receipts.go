package natsjs

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Receipts keeps receipts that came before their correlation in a key-value
// bucket, with or without Postgres. It implements port.ReceiptPark. What is
// parked stays until it is taken out: an orphan of a pod that was down for a week
// is still an orphan to publish.
type Receipts struct{ bucket *bucket }

// Receipts returns the park; its bucket is made when it is used first.
func (c *Conn) Receipts() *Receipts {
	return &Receipts{c.bucket(contract.BucketReceipts, "receipts that came before their correlation (smpp-connector)", 0)}
}

// receiptFormat is the first octet of a parked receipt.
const receiptFormat = 1

// receiptKey says which receipt this is: {operator}.{the MNO's id}.{state}.
func receiptKey(r *port.ParkedReceipt) string {
	return key("", r.Key.OperatorID, r.Key.OperatorMessageID, strconv.Itoa(int(r.State)))
}

// nameOfReceipt reads a receiptKey: a receipt that has only its name.
func nameOfReceipt(k string) (port.ParkedReceipt, error) {
	tokens, err := splitKey(k, 3)
	if err != nil {
		return port.ParkedReceipt{}, err
	}
	state, err := strconv.ParseUint(tokens[2], 10, 8)
	if err != nil {
		return port.ParkedReceipt{}, fmt.Errorf("key %q: its third token is no message state", k)
	}
	return port.ParkedReceipt{
		Key:   port.CorrelationKey{OperatorID: tokens[0], OperatorMessageID: tokens[1]},
		State: uint8(state),
	}, nil
}

func packReceipt(r *port.ParkedReceipt) []byte {
	b := make([]byte, 0, 48+len(r.Source)+len(r.Dest)+len(r.Octets)+len(r.TLVs))
	b = append(b, receiptFormat)
	b = packBind(b, r.Bind)
	b = packTime(b, r.HeardAt)
	b = packString(b, r.Source)
	b = packString(b, r.Dest)
	b = packBytes(b, r.Octets)
	b = packBytes(b, r.TLVs)
	return binary.AppendUvarint(b, uint64(r.Charset))
}

func unpackReceipt(k string, value []byte) (port.ParkedReceipt, error) {
	r, err := nameOfReceipt(k)
	if err != nil {
		return r, err
	}
	u := unpack(value, receiptFormat)
	r.Bind = u.bind()
	r.HeardAt = u.time()
	r.Source, r.Dest = u.string(), u.string()
	r.Octets, r.TLVs = u.octets(), u.octets()
	r.Charset = uint8(u.number())
	if err := u.err(); err != nil {
		return r, fmt.Errorf("parked receipt %s: %w", k, err)
	}
	return r, nil
}

// Park implements port.ReceiptPark. Of a repeated receipt the first stays, with
// the time when it was heard: an MNO that repeats it does not put off the orphan.
func (s *Receipts) Park(ctx context.Context, receipts []port.ParkedReceipt) error {
	keys, first := receiptKeys(receipts)
	err := s.bucket.update(ctx, keys, true, func(i int, found entry) (write, bool) {
		return write{value: packReceipt(first[i])}, !found.live()
	})
	if err != nil {
		return fmt.Errorf("park %d receipts: %w", len(receipts), err)
	}
	return nil
}

// Unpark implements port.ReceiptPark.
func (s *Receipts) Unpark(ctx context.Context, receipts []port.ParkedReceipt) error {
	keys, _ := receiptKeys(receipts)
	err := s.bucket.update(ctx, keys, false, func(_ int, found entry) (write, bool) {
		return purgeMark(), found.live()
	})
	if err != nil {
		return fmt.Errorf("unpark %d receipts: %w", len(receipts), err)
	}
	return nil
}

// receiptKeys returns each key once, with the first receipt of it.
func receiptKeys(receipts []port.ParkedReceipt) (keys []string, first []*port.ParkedReceipt) {
	known := make(map[string]bool, len(receipts))
	for i := range receipts {
		k := receiptKey(&receipts[i])
		if known[k] {
			continue
		}
		known[k] = true
		keys, first = append(keys, k), append(first, &receipts[i])
	}
	return keys, first
}
