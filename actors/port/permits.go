package port

import (
	"context"
	"time"
)

// PermitSpan is over what time the permits of one second of a TPS limit are spread:
// from a permit to the one that is the limit's number after it. It is longer than a
// second by PermitLife and a little, so that a permit which is used late and one
// which is used at once are a second apart all the same: no second of any phase sees
// more PDUs than the limit (US-SC-012, as decisions.md reads it). The price is 2.4 %
// of the limit.
const PermitSpan = 1025 * time.Millisecond

// PermitLife is how long after it fell due a permit may be used; then it is lost.
const PermitLife = 24 * time.Millisecond

// PermitDistance is the time from a permit of an account to the next one; limit is
// its PDUs a second, 1 or more.
func PermitDistance(limit int) time.Duration { return PermitSpan / time.Duration(limit) }

// Permits are what pods share of a TPS limit: those of an account, or the owners of one
// bind, one after the other, where the MNO counts by binds. One permit is for one PDU, and
// falls due at a moment of its own: those of a limit, whoever has reserved them, are
// PermitDistance apart at least.
type Permits interface {
	// ReservePermits reserves the next free permits of a limit: up to n, and only such
	// as fall due from now on until ahead has passed. Those that nobody has reserved by
	// the time they fall due are lost, so a pause buys no burst. The name of a limit is
	// the operatorId (US-SC-012), and of a bind's own operatorId:mno.direction.number.
	// Errors: a limit or a number below 1; a store that is away or slow.
	ReservePermits(ctx context.Context, name string, limit, n int, ahead time.Duration) (PermitBlock, error)
}

// PermitBlock is permits in a row, PermitDistance apart.
type PermitBlock struct {
	N     int           // how many they are; 0: none was free within ahead
	First time.Time     // when the first falls due, by the store's clock
	Now   time.Time     // the store's clock when it answered
	Next  time.Duration // from Now until another one can be reserved with the same ahead
}
