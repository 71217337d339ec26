package smsc

import (
	"math/rand/v2"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// conduct is how the SMSC behaves at a moment: the rules in force. The server
// has one; a session whose script is its own has a copy of it.
type conduct struct {
	refuse    codec.Status // answers every bind; StatusOK accepts
	refuseTRX bool
	nackTRX   bool
	bindLimit int // sessions of one system_id; 0: no limit

	answer        codec.Status // answers every submit; StatusOK accepts
	why           string       // what a refusal says beside its status; empty: nothing
	throttleEvery int
	sinceThrottle int
	delay         time.Duration
	shuffle       *rand.Rand // nil: answers keep their order
	losePercent   int
	lose          *rand.Rand
	ids           IDForm
	firstPartID   bool
	onePartID     bool

	silent   bool
	idle     time.Duration
	enquire  time.Duration
	split    int
	coalesce time.Duration

	receipts      *receiptPlan
	deliverWindow int
	repeatAfter   time.Duration
	repeats       int
}

// usual is the conduct of an MNO in good health.
func usual() conduct {
	return conduct{
		ids:           Decimal,
		receipts:      defaultReceipts(),
		deliverWindow: 1000,
		repeatAfter:   time.Second,
		repeats:       10,
	}
}

// verdict answers one submit when no turn of a script does.
func (c *conduct) verdict() codec.Status {
	if c.throttleEvery > 0 {
		if c.sinceThrottle++; c.sinceThrottle >= c.throttleEvery {
			c.sinceThrottle = 0
			return codec.StatusThrottled
		}
	}
	return c.answer
}

// loses draws whether this answer is lost on the way.
func (c *conduct) loses() bool {
	return c.losePercent > 0 && c.lose.IntN(100) < c.losePercent
}

// answerAfter is how long this answer waits.
func (c *conduct) answerAfter() time.Duration {
	if c.delay <= 0 || c.shuffle == nil {
		return c.delay
	}
	return c.delay/2 + time.Duration(c.shuffle.Int64N(int64(c.delay)+1))
}
