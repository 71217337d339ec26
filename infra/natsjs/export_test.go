package natsjs

import (
	"context"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// HasTime lets commands that a cancelled pull left on their way take their time: how long
// they really take is the machine's to say, and no matter of right or wrong. It is called
// before the first pull.
func (c *Conn) HasTime() { c.givesBackFor, c.disclaimsFor = time.Minute, time.Minute }

// LeasesFor are leases that live for another time than OwnerTTL, in a bucket of that
// name on a server of the test's own.
func (c *Conn) LeasesFor(ttl time.Duration) *Leases {
	return &Leases{c.expiringBucket(contract.BucketOwners, "leases of a test", ttl)}
}

// LastMargin is lastMargin.
func LastMargin(maxAge time.Duration) time.Duration { return lastMargin(maxAge) }

// Vanished is vanished: what a watch tells of a key that it has for gone.
func (s *Orders) Vanished(ctx context.Context, target string) port.Order {
	return s.vanished(ctx, target)
}
