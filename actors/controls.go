package actors

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
)

// Controls carries out, on this pod, what people command (issue 7, point 5). Its
// calls wait for the stores, so they are no actor's.
type Controls struct {
	system *System
	orders port.Orders
	pod    string
}

// Controls is the way in for commands. pod is this process's name.
func (s *System) Controls(orders port.Orders, pod string) *Controls {
	return &Controls{system: s, orders: orders, pod: pod}
}

// Watch keeps the tree at what is ordered, by whichever pod, until ctx ends.
func (k *Controls) Watch(ctx context.Context) error {
	return k.orders.Watch(ctx, k.take)
}

func (k *Controls) take(o port.Order) {
	k.system.env.order(o, k.system.actors.Root, k.system.root)
}

// Do carries a command out and says what came of it. A command about what this pod
// does not serve is not known here, which is no error.
func (k *Controls) Do(ctx context.Context, c control.Command) control.Answer {
	a := control.Answer{Pod: k.pod}
	if err := c.Check(); err != nil {
		a.Error = err.Error()
		return a
	}
	if c.Verb == control.List {
		a.Known, a.List, a.Note = true, k.list(ctx, c.MNO), k.system.env.tenure.noBind()
		return a
	}
	a.Binds = k.concerned(c)
	if len(a.Binds) == 0 {
		return a
	}
	a.Known = true
	if err := k.perform(ctx, c); err != nil {
		a.Error = err.Error()
	}
	k.system.env.Listener.On(event.CommandGiven{ID: c.ID, Verb: string(c.Verb), Target: c.Target(), To: c.To, By: c.By, Binds: a.Binds, Err: a.Error, At: time.Now()})
	return a
}

// perform stores the command, which is its audit, and has the binds obey.
func (k *Controls) perform(ctx context.Context, c control.Command) error {
	standing := k.system.env.standing.Load()
	bind, _ := port.ParseBindID(c.Bind) // the zero value for a command about an MNO
	switch {
	case c.Verb == control.Move && k.system.env.tenure.free:
		return fmt.Errorf("bind %s cannot be moved: this connector has all of its binds to itself", c.Bind)
	case c.Verb == control.Move && c.To != control.Anywhere:
		if err := k.system.env.tenure.refuseMove(bind, c.To); err != nil {
			return err
		}
	case c.Verb == control.Rebind && standing.Maintained(bind.MNO):
		return fmt.Errorf("bind %s is unbound for the maintenance of %s: it binds again with maintenance off", c.Bind, bind.MNO)
	}
	o, err := k.orders.Give(ctx, c.Target(), c.Order)
	if err != nil {
		return fmt.Errorf("the command was not stored, and not carried out: %w", err)
	}
	k.take(o)
	if c.Verb == control.Rebind {
		for _, path := range k.paths(bind) {
			k.system.actors.Root.Send(k.system.actors.NewLocalPID(path), &rebind{})
		}
	}
	return nil
}

// list is every bind of this pod, of one MNO or of all, with lags as they are now; and
// those that it would serve, and that are another's or nobody's, without an owner.
func (k *Controls) list(ctx context.Context, mno string) (list []vitals.Bind) {
	k.system.env.lookAtLag(ctx)
	for _, b := range k.system.Tree().Binds() {
		if mno == "" || b.MNO == mno {
			if b.Owner == "" {
				b.Owner = k.pod
			}
			list = append(list, b)
		}
	}
	wants, _ := k.system.env.tenure.look()
	for bind := range wants {
		if (mno == "" || bind.MNO == mno) && !k.system.env.tree.serves(bind) {
			list = append(list, vitals.Bind{Bind: bind.String(), MNO: bind.MNO, Direction: string(bind.Direction), Number: bind.Number})
		}
	}
	return list
}

// concerned are the binds of this pod that a command is about.
func (k *Controls) concerned(c control.Command) (names []string) {
	for _, g := range k.system.env.tree.gauges() {
		if name := g.bind.String(); name == c.Bind || c.Verb.AboutMNO() && g.bind.MNO == c.MNO {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// paths are the bind actors of a bind: an account that is another's backup may have
// one below each operator.
func (k *Controls) paths(bind port.BindID) (paths []string) {
	for _, a := range k.system.Tree().Snapshot() {
		if a.Kind == "bind" && strings.HasSuffix(a.Path, "/bind/"+bind.Path()) {
			paths = append(paths, a.Path)
		}
	}
	return paths
}
