//go:build !race

package actors_test

// livesAtOnce is how many seeds of each soak in simulated time `make test` plays.
const livesAtOnce = 60
