package event

import "github.com/ghasi/smpp-connector/actors/port"

// TPSThrottled: the operator's TPS limit kept commands waiting (US-SC-012).
type TPSThrottled struct {
	Bind     port.BindID
	Messages int
}

// RedisFailedOpen: PDUs were admitted by the pod's local limiter, because Redis
// was slow or away (US-SC-012).
type RedisFailedOpen struct {
	Bind port.BindID
	PDUs int
}

// InboundRefused: receipts or MOs were answered with the profile's temporary error,
// because too many of the session wait to be stored.
type InboundRefused struct {
	Bind  port.BindID
	Count int
}

// EventsNotStored: events could not be stored, such as in a stream that is full.
// What they tell of is tried again, or left with the MNO.
type EventsNotStored struct {
	Subject string
	Count   int
	Err     string
}

func (InboundRefused) fact()  {}
func (EventsNotStored) fact() {}
func (TPSThrottled) fact()    {}
func (RedisFailedOpen) fact() {}
