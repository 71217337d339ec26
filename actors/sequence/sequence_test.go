package sequence

import "testing"

// US-SC-022, SMPP 3.4 §3.2: 1…0x7FFFFFFF, then 1 again; never 0.
func TestUSSC022WireNumbersWrapToOne(t *testing.T) {
	for absolute, want := range map[uint64]uint32{
		1: 1, 2: 2, Max - 1: Max - 1, Max: Max, Max + 1: 1, Max + 2: 2, 2 * Max: Max, 2*Max + 1: 1,
	} {
		if got := Wire(absolute); got != want {
			t.Errorf("Wire(%d) = %d, want %d", absolute, got, want)
		}
	}
}

func TestBlocksRunOnWithoutAGapAndAskOnceAhead(t *testing.T) {
	var b Blocks
	if !b.Low() || b.Low() {
		t.Error("an empty holder asks once")
	}
	if _, ok := b.Next(); ok {
		t.Error("a number out of nothing")
	}
	b.Add(NewBlock(1, 3))
	if !b.Low() || b.Low() {
		t.Error("asks for the following block at once, and once")
	}
	b.Add(NewBlock(4, 3))
	if b.Low() || b.Left() != 6 {
		t.Errorf("asks with two blocks in hand; %d left", b.Left())
	}
	for want := uint64(1); want <= 6; want++ {
		if got, ok := b.Next(); !ok || got != want {
			t.Errorf("got %d, %v, want %d", got, ok, want)
		}
		if want == 4 && !b.Low() {
			t.Error("did not ask when it went over to the last block")
		}
	}
	b.Forgo()
	if !b.Low() {
		t.Error("does not ask again after a failed reservation")
	}
}
