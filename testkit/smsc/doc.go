// Package smsc is an MNO's SMSC for tests, benchmarks and the demo: real enough
// to be wrong in every way that a real one is.
package smsc
