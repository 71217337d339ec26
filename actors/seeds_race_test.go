//go:build race

package actors_test

// livesAtOnce is how many seeds of each soak in simulated time `make test` plays. The
// race detector makes each three times as long, and has seen each kind of life in a few.
const livesAtOnce = 18
