package segment

import (
	"strings"
	"testing"
)

// issue 3, Speed: choosing and counting 160 GSM7 characters under 300 ns and
// without allocating.
func BenchmarkCountText160GSM7(b *testing.B) { benchCount(b, strings.Repeat("Your code: 48213", 10)) }

func BenchmarkCountText160Accents(b *testing.B) {
	benchCount(b, strings.Repeat("Grüße, èéùìòÇ 8@", 10))
}
func BenchmarkCountText70UCS2(b *testing.B) { benchCount(b, strings.Repeat("سلام دنیا ", 7)) }

func benchCount(b *testing.B, text string) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CountText(text, Auto, Rule{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSplit160GSM7(b *testing.B) { benchSplit(b, strings.Repeat("Your code: 48213", 10)) }
func BenchmarkSplit459GSM7(b *testing.B) { benchSplit(b, strings.Repeat("abcdefghi", 51)) }
func BenchmarkSplit201UCS2(b *testing.B) { benchSplit(b, strings.Repeat("سلا", 67)) }

func benchSplit(b *testing.B, text string) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Split(text, Auto, Rule{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprint160GSM7(b *testing.B) {
	text := strings.Repeat("Your code: 48213", 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Fingerprint(text, Auto, Rule{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	for _, text := range []string{strings.Repeat("Your code: 48213", 10), strings.Repeat("سلام", 100)} {
		if n := testing.AllocsPerRun(100, func() { _, _ = CountText(text, Auto, Rule{}) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = Split(strings.Repeat("a", 0)+"سلام", Auto, Rule{}) }); n > 2 {
		t.Errorf("Split: %v allocations, want 2: the octets and the list of parts", n)
	}
}
