package natsjs

import (
	"context"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Watch implements port.ReceiptPark. It returns when ctx ends, with ctx's error.
func (s *Receipts) Watch(ctx context.Context, appear, vanish func(port.ParkedReceipt)) error {
	told := make(map[string]bool)
	w := &keyWatch{
		bucket: s.bucket,
		put: func(k string, e entry) {
			r, err := unpackReceipt(k, e.value)
			if err != nil {
				s.bucket.conn.options.Logger.Error("a parked receipt cannot be read and stays where it is", "error", err.Error())
				return
			}
			told[k] = true
			appear(r)
		},
		gone: func(k string, _ entry) {
			if !told[k] {
				return
			}
			delete(told, k)
			if r, err := nameOfReceipt(k); err == nil { // it could be read when it appeared
				vanish(r)
			}
		},
	}
	return w.run(ctx)
}
