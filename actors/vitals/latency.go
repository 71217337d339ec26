package vitals

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// The buckets of answer times: four to a doubling, from 64 µs to 67 s, so that a
// quantile read from them is wrong by an eighth at most.
const (
	perDoubling = 4
	firstPower  = 6 // 2^6 µs: whatever is faster counts in the first bucket
	lastPower   = 26
	buckets     = (lastPower - firstPower) * perDoubling
)

// latencies counts durations by bucket. The counts only grow, and wrap: differences
// stay right for four thousand million answers.
type latencies [buckets]uint32

// bucketOf is the bucket that a duration counts in.
func bucketOf(took time.Duration) int {
	us := uint64(max(took.Microseconds(), 1))
	power := bits.Len64(us) - 1
	if power < firstPower {
		return 0
	}
	return min((power-firstPower)*perDoubling+int(us>>(power-2))&(perDoubling-1), buckets-1)
}

// middle is the duration that stands for all of a bucket.
func middle(bucket int) time.Duration {
	power, part := firstPower+bucket/perDoubling, bucket%perDoubling
	step := time.Duration(1) << (power - 2)
	return (step*time.Duration(perDoubling+part) + step/2) * time.Microsecond
}

// since is what was counted after an earlier reading.
func (l *latencies) since(before *latencies) (out latencies) {
	for i := range l {
		out[i] = l[i] - before[i]
	}
	return out
}

// quantile is the duration that the share q (0…1) of them stayed below; 0 when there
// are none.
func (l *latencies) quantile(q float64) time.Duration {
	var all uint64
	for _, n := range l {
		all += uint64(n)
	}
	if all == 0 {
		return 0
	}
	rank := max(uint64(q*float64(all)+0.5), 1)
	for i, n := range l {
		if rank <= uint64(n) {
			return middle(i)
		}
		rank -= uint64(n)
	}
	return middle(buckets - 1)
}

// readLatencies copies counts that are being written.
func readLatencies(from *[buckets]atomic.Uint32) (out latencies) {
	for i := range from {
		out[i] = from[i].Load()
	}
	return out
}
