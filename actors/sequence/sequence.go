// Package sequence folds the absolute numbers that the counters reserve into the
// sequence numbers and concatenation references that go on the wire, and spends a
// reserved block (US-SC-022, 026).
package sequence

// Max is the highest sequence number (SMPP 3.4 §3.2: 0x00000001…0x7FFFFFFF).
const Max = 0x7FFFFFFF

// WarmUp is added to the stored counter at the start of a process, so that a
// number that a dead predecessor reserved and used is never used again while it
// could still be answered (US-SC-022).
const WarmUp = 1000

// Wire folds an absolute number, from 1, into 1…Max. The story's "modulo
// 0x7FFFFFFF" would yield 0, which is no sequence number.
func Wire(absolute uint64) uint32 {
	return uint32((absolute-1)%Max) + 1
}

// Block is a run of reserved absolute numbers. The zero value is empty.
type Block struct {
	next, end uint64 // [next, end)
}

// NewBlock is the block of n numbers from first.
func NewBlock(first uint64, n int) Block { return Block{next: first, end: first + uint64(n)} }

// Left returns how many numbers the block still has.
func (b *Block) Left() int { return int(b.end - b.next) }

// Next spends one number; b.Left must be above 0.
func (b *Block) Next() uint64 {
	n := b.next
	b.next++
	return n
}

// Blocks is what one user of numbers holds: the block in use and the one after it,
// so that it never waits for the next reservation.
type Blocks struct {
	current, following Block
	asked              bool
}

// Add takes a reserved block in.
func (b *Blocks) Add(block Block) {
	b.asked = false
	if b.current.Left() == 0 {
		b.current = block
		return
	}
	b.following = block
}

// Left returns how many numbers can be spent without another reservation.
func (b *Blocks) Left() int { return b.current.Left() + b.following.Left() }

// Next spends a number; ok is false when none is left.
func (b *Blocks) Next() (absolute uint64, ok bool) {
	if b.current.Left() == 0 {
		b.current, b.following = b.following, Block{}
		if b.current.Left() == 0 {
			return 0, false
		}
	}
	return b.current.Next(), true
}

// Low reports, once for each block, that the next reservation should be made now:
// only one block is left, and none was asked for since.
func (b *Blocks) Low() bool {
	if b.asked || b.following.Left() > 0 {
		return false
	}
	b.asked = true
	return true
}

// Forgo lets Low ask again after a reservation that failed.
func (b *Blocks) Forgo() { b.asked = false }
