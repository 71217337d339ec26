package ownership_test

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// do is one call as the store executes it.
func (s *simStore) do(w *world, step ownership.Step) (uint64, error) {
	there, held := s.leases[step.Lease.Bind]
	switch step.Do {
	case ownership.Announce:
		s.pods[step.Pod.Instance], s.podAt[step.Pod.Instance] = step.Pod, w.now
		s.log = append(s.log, simEvent{pod: step.Pod})
	case ownership.Depart:
		s.dropPod(step.Pod.Instance)
	case ownership.Acquire:
		if held {
			return 0, &port.LeaseHeld{Lease: there}
		}
		return s.put(w, step.Lease), nil
	default:
		if !held {
			return 0, &port.LeaseGone{Bind: step.Lease.Bind}
		}
		if there.Revision != step.Lease.Revision {
			return 0, &port.LeaseHeld{Lease: there}
		}
		if step.Do == ownership.Renew {
			return s.put(w, step.Lease), nil
		}
		s.drop(step.Lease.Bind, port.Released)
	}
	return 0, nil
}

func (s *simStore) put(w *world, l port.Lease) uint64 {
	s.revision++
	l.Revision, l.StoredAt = s.revision, w.now
	if l.Epoch == 0 {
		l.Epoch = l.Revision
	}
	s.leases[l.Bind] = l
	s.log = append(s.log, simEvent{lease: l})
	return l.Revision
}

func (s *simStore) drop(bind port.BindID, how port.Vanished) {
	if _, there := s.leases[bind]; !there {
		return
	}
	s.revision++
	delete(s.leases, bind)
	s.log = append(s.log, simEvent{lease: port.Lease{Bind: bind, Revision: s.revision}, gone: true, how: how})
}

func (s *simStore) dropPod(instance string) {
	if pod, there := s.pods[instance]; there {
		delete(s.pods, instance)
		s.log = append(s.log, simEvent{pod: pod, gone: true})
	}
}

// expire drops what nobody has renewed; a server does it up to half a second late,
// and one that is away when it is back.
func (s *simStore) expire(w *world) {
	if w.now.Before(w.downTo) {
		return
	}
	for b, l := range s.leases {
		if w.now.Sub(l.StoredAt) >= contract.OwnerTTL+time.Duration(w.random.Int64N(int64(500*time.Millisecond))) {
			s.drop(b, port.Expired)
		}
	}
	for id, at := range s.podAt {
		if w.now.Sub(at) >= port.PresenceTTL {
			s.dropPod(id)
			delete(s.podAt, id)
		}
	}
}
