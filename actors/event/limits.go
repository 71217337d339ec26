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

func (TPSThrottled) fact()    {}
func (RedisFailedOpen) fact() {}
