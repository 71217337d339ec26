package natsjs

import (
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
)

// LeasesFor are leases that live for another time than OwnerTTL, in a bucket of that
// name on a server of the test's own.
func (c *Conn) LeasesFor(ttl time.Duration) *Leases {
	return &Leases{c.expiringBucket(contract.BucketOwners, "leases of a test", ttl)}
}
