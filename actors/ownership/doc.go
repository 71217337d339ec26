// Package ownership decides which binds this process owns (US-SC-016, 017, 020). It
// takes `now` and what was heard of leases and pods, and returns which calls to make;
// it makes none itself.
//
// Rule 1: a lease is won, kept and given up by compare-and-swap alone. What a watch
// tells is a hint when to try; it is never a reason to write to the MNO.
//
// Rule 2: an owner counts from before it sent the renewal that succeeded, on its own
// monotonic clock, and stops writing before the server could let the lease expire.
// Nothing that happens later (a late answer, a clock set anew, a process stopped and
// continued) gives that time back.
//
//	renewal sent        next one due      no submit after     nothing written after    the lease expires
//	    0 s                 10 s                22 s                  28 s                30 s or later
//
// Rule 3: where a lease vanished and neither its owner nor the server says why,
// whoever knew of it waits until it would have expired: its owner may not know yet.
//
// The spread is a pure function of who lives and who holds what (spread.go). The pods
// need not agree on it: two that want the same bind are told apart by rule 1, and a
// bind that moves too often costs a hand-over and no message.
package ownership
