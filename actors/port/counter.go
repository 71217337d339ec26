package port

import "context"

// Counters are the numbers that pods of one account share.
type Counters interface {
	// ReserveSequences reserves n consecutive sequence numbers of a bind
	// (US-SC-022, key smpp:seq:{mno}:{direction}:{bindId}) and returns the first.
	// Numbers are absolute, from 1; sequence.Wire folds them into
	// 1…0x7FFFFFFF. The stored value is never below a number handed out.
	ReserveSequences(ctx context.Context, bind BindID, n int) (first uint64, err error)

	// ReserveReferences is the same for concatenation references (US-SC-026, key
	// smpp:concat:ref:{mno}:{direction}:{bindId}); the caller takes them modulo
	// 256 or 65536.
	ReserveReferences(ctx context.Context, bind BindID, n int) (first uint64, err error)
}
