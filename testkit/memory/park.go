package memory

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Park implements port.ReceiptPark. While it fails or hangs its watchers hear
// nothing; once it is healed they hear of everything that changed meanwhile.
type Park struct {
	Trouble

	mu      sync.Mutex
	parked  map[receiptName]port.ParkedReceipt
	order   []change // all that ever happened: a watcher reads on from where it was
	changed signal
}

// receiptName is what makes two receipts the same.
type receiptName struct {
	key   port.CorrelationKey
	state uint8
}

func nameOf(r port.ParkedReceipt) receiptName { return receiptName{r.Key, r.State} }

// change is one receipt that appeared or vanished.
type change struct {
	receipt  port.ParkedReceipt
	vanished bool
}

func newPark() *Park { return &Park{parked: map[receiptName]port.ParkedReceipt{}} }

// Park implements port.ReceiptPark. Of a repeated receipt the first stays.
func (p *Park) Park(ctx context.Context, receipts []port.ParkedReceipt) error {
	answer, err := p.enter(ctx)
	if err != nil {
		return fmt.Errorf("park %d receipts: %w", len(receipts), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range receipts {
		if _, there := p.parked[nameOf(r)]; there {
			continue
		}
		r = copyReceipt(r)
		p.parked[nameOf(r)] = r
		p.note(change{receipt: r})
	}
	return answer
}

// Unpark implements port.ReceiptPark.
func (p *Park) Unpark(ctx context.Context, receipts []port.ParkedReceipt) error {
	answer, err := p.enter(ctx)
	if err != nil {
		return fmt.Errorf("unpark %d receipts: %w", len(receipts), err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range receipts {
		if there, ok := p.parked[nameOf(r)]; ok {
			delete(p.parked, nameOf(r))
			p.note(change{receipt: there, vanished: true})
		}
	}
	return answer
}

func (p *Park) note(c change) {
	p.order = append(p.order, c)
	p.changed.raise()
}

// Watch implements port.ReceiptPark, on the calling goroutine. A receipt that
// came and went before the watch began is not spoken of.
func (p *Park) Watch(ctx context.Context, appear, vanish func(port.ParkedReceipt)) error {
	p.mu.Lock()
	from := len(p.order)
	var news []change
	for _, r := range p.parked {
		news = append(news, change{receipt: r})
	}
	p.mu.Unlock()
	for {
		hung, healed, err := p.silent()
		if hung || err != nil {
			if err := pause(ctx, healed, forever); err != nil {
				return err
			}
			continue
		}
		for _, c := range news {
			if ctx.Err() != nil {
				break
			}
			if c.vanished {
				vanish(copyReceipt(c.receipt))
			} else {
				appear(copyReceipt(c.receipt))
			}
		}
		p.mu.Lock()
		news = p.order[from:]
		from = len(p.order)
		changed := p.changed.wait()
		p.mu.Unlock()
		if len(news) > 0 && ctx.Err() == nil {
			continue
		}
		if err := pause(ctx, changed, forever); err != nil {
			return err
		}
	}
}

// Parked is how many receipts wait for their correlation.
func (p *Park) Parked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.parked)
}

func copyReceipt(r port.ParkedReceipt) port.ParkedReceipt {
	r.Octets, r.TLVs = bytes.Clone(r.Octets), bytes.Clone(r.TLVs)
	return r
}
