package control

import (
	"maps"
	"strings"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Rest is whether a bind works, by what was ordered of it and of its MNO.
type Rest uint8

// The kinds of rest, the deepest last.
const (
	Works       Rest = iota
	Paused           // bound; pulls nothing
	Maintenance      // unbound, and stays so
)

var restNames = [...]string{"", "paused", "maintenance"}

// String is the word on the page and in events; empty for a bind that works.
func (r Rest) String() string { return restNames[r] }

// Standing is what is ordered at a moment. It is not changed; With makes another.
type Standing struct{ orders map[string]port.Order }

// NewStanding takes in orders as they were stored.
func NewStanding(orders []port.Order) *Standing {
	s := &Standing{orders: make(map[string]port.Order, len(orders))}
	for _, o := range orders {
		s.orders[o.Target] = o
	}
	return s
}

// With takes in one order. An older one than is known already, such as a watch tells
// of after a command was carried out, changes nothing. Revision 0: it was deleted.
func (s *Standing) With(o port.Order) *Standing {
	known, there := s.orders[o.Target]
	if there && o.Revision != 0 && o.Revision < known.Revision || !there && !o.Halt && o.Home == "" {
		return s
	}
	next := &Standing{orders: maps.Clone(s.orders)}
	if o.Revision == 0 {
		delete(next.orders, o.Target)
	} else {
		next.orders[o.Target] = o
	}
	return next
}

// Maintained reports whether an MNO is in maintenance.
func (s *Standing) Maintained(mno string) bool { return s.orders[TargetMNO(mno)].Halt }

// Homes are the pods that binds were moved to, by their names.
func (s *Standing) Homes() map[port.BindID]string {
	homes := map[port.BindID]string{}
	for target, o := range s.orders {
		if name, ok := strings.CutPrefix(target, TargetBind("")); ok && o.Home != "" {
			if bind, err := port.ParseBindID(name); err == nil {
				homes[bind] = o.Home
			}
		}
	}
	return homes
}

// Of says how a bind is to rest.
func (s *Standing) Of(bind port.BindID) Rest {
	switch {
	case s.Maintained(bind.MNO):
		return Maintenance
	case s.orders[TargetBind(bind.String())].Halt:
		return Paused
	}
	return Works
}
