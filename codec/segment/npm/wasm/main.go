// Command wasm is the segment counter as a WebAssembly module, for the npm package
// beside it: JavaScript counts with this very source and not with a second one.
//
//	host                              this module
//	text(size)    ──►                 room for that many octets
//	writes UTF-8  ──► memory
//	split(…)      ──►                 the size of the answer
//	answer()      ──►                 its address
//	reads it      ◄── memory
//
// Both buffers are the module's own. They are used again by the next call, so the
// host frees nothing, and what it wants to keep it copies before it calls again.
// The module has one thread and no state beside the two buffers.
//
// It is built as a reactor (-buildmode=c-shared): the host calls _initialize once,
// and main never runs.
package main

import (
	"unsafe"

	"github.com/ghasi/smpp-connector/codec/segment"
)

func main() {}

var (
	text   []byte // what the host writes
	answer []byte // what the host reads
)

// Text is the address of a buffer of at least size octets, valid until Split returns.
//
//go:wasmexport text
func Text(size uint32) unsafe.Pointer {
	if int(size) > len(text) || text == nil {
		text = make([]byte, max(size, 512))
	}
	return unsafe.Pointer(unsafe.SliceData(text))
}

// Split splits the first size octets of the text and returns the answer's size.
// The rest are a Rule's fields; national tables are not among them, since the
// default rule knows none.
//
//go:wasmexport split
func Split(size, encoding uint32, wide bool, maxParts int32) uint32 {
	rule := segment.Rule{Wide: wide, MaxParts: int(maxParts)}
	plan, err := segment.Split(string(text[:size]), segment.Encoding(encoding), rule)
	if err != nil {
		answer = appendError(answer[:0], err)
	} else {
		answer = appendPlan(answer[:0], plan)
	}
	return uint32(len(answer))
}

// Version makes the answer segment.Version, so that the host can tell that its
// JavaScript and its module are of one package, and returns the answer's size.
//
//go:wasmexport version
func Version() uint32 {
	answer = append(answer[:0], segment.Version...)
	return uint32(len(answer))
}

// Answer is the address of the latest answer, valid until the next call.
//
//go:wasmexport answer
func Answer() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(answer)) }
