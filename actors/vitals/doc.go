// Package vitals is what can be seen of the actors while they work: the page, the
// terminal and /ready look at its values, and nobody waits for them.
//
//	window ─ Meter (atomic counts) ─┐
//	                                ├─▶ Bind, Actor (values) ─▶ page, tree, JSON
//	every 10 s ─ History (samples) ─┘
//
// The hot path pays for a few atomic additions in Meter. All else (rates, quantiles,
// shares) is computed by the one who looks, or by the sampler every ten seconds, and
// takes no lock that traffic waits for.
//
// No value holds a text, a password or a telephone number.
package vitals
