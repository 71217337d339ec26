package lifecycle

import "time"

// DefaultBackoff is the sequence of US-SC-005; its last delay is repeated.
var DefaultBackoff = []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 60 * time.Second}

// Backoff returns the delay before the attempt-th try after a loss, counted from
// 1. It is exact: jitter, where an MNO's profile wants it, is added by the caller.
// An empty schedule means DefaultBackoff; an attempt below 1 counts as 1.
func Backoff(attempt int, schedule []time.Duration) time.Duration {
	if len(schedule) == 0 {
		schedule = DefaultBackoff
	}
	return schedule[min(max(attempt, 1), len(schedule))-1]
}
