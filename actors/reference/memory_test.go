package reference

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

var start = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func narrow(n uint16) port.Reference { return port.Reference{Number: n, Bits: 8} }
func wide(n uint16) port.Reference   { return port.Reference{Number: n, Bits: 16} }

// US-SC-026: a reference in use for that sender and recipient in the last 60 s is
// skipped, and no other.
func TestUSSC026AReferenceIsInUseForItsPairFor60Seconds(t *testing.T) {
	m := NewMemory()
	pair := PairOf("Ghasi", "93700123456")
	for _, c := range []struct {
		what string
		pair Pair
		ref  port.Reference
		at   time.Duration
		want bool
	}{
		{"new", pair, narrow(7), 0, true},
		{"in use", pair, narrow(7), 59 * time.Second, false},
		{"the same octet on the air", pair, narrow(0x107), 59 * time.Second, false},
		{"of another width", pair, wide(7), 59 * time.Second, true},
		{"another number", pair, narrow(8), 59 * time.Second, true},
		{"another recipient", PairOf("Ghasi", "93700123457"), narrow(7), 59 * time.Second, true},
		{"another sender", PairOf("Ghasi9", "3700123456"), narrow(7), 59 * time.Second, true},
		{"after 60 s", pair, narrow(7), 60 * time.Second, true},
		{"in use again", pair, narrow(7), 61 * time.Second, false},
		{"of 16 bits", pair, wide(0x107), 61 * time.Second, true},
		{"of 16 bits, in use", pair, wide(0x107), 62 * time.Second, false},
	} {
		if got := m.Take(c.pair, c.ref, start.Add(c.at)); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestMemoryStaysAsSmallAsWhatIsInUse(t *testing.T) {
	m := NewMemory()
	for i := range 500_000 {
		m.Take(Pair(i), narrow(1), start.Add(time.Duration(i)*time.Millisecond*60))
	}
	if len(m.used) > 1001 || cap(m.order) > 8192 {
		t.Errorf("%d remembered, in an array of %d", len(m.used), cap(m.order))
	}
}

// Binds on different pods share no memory, and no reference.
func TestUSSC026BindsOfAnAccountHaveReferencesOfTheirOwn(t *testing.T) {
	for _, binds := range []int{1, 2, 3, 5, 16} {
		owner := map[uint8]int{}
		for bind := 1; bind <= binds; bind++ {
			for absolute := range uint64(1000) {
				low := uint8(Of(absolute, bind, binds))
				if other, taken := owner[low]; taken && other != bind {
					t.Fatalf("%d binds: %d and %d share the reference %d", binds, bind, other, low)
				}
				owner[low] = bind
			}
		}
	}
	seen := map[uint16]bool{}
	for absolute := range uint64(65536) {
		seen[Of(absolute, 1, 1)] = true
	}
	if len(seen) != 65536 {
		t.Errorf("one bind has %d references of 16 bits", len(seen))
	}
}
