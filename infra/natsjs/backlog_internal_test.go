package natsjs

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 5: whose consumer is left behind is told by what the pods that live say. Where that
// leaves a doubt, it is read.
func TestWhatIsAbandonedIsToldByThePods(t *testing.T) {
	trx, rx := port.Group{MNO: "awcc", Direction: port.TRX}, port.Group{MNO: "awcc", Direction: port.RX}
	serves := port.Pod{Group: trx, Wants: []int{1}, Accounts: map[string][]int{"awcc": {1}}}
	older := port.Pod{Group: trx, Wants: []int{1}} // of a version that does not say its operators
	receives := port.Pod{Group: rx, Wants: []int{1}, Accounts: map[string][]int{"awcc": {1}}}
	spare := port.Pod{Group: trx, Spare: []int{2}}
	leaves := port.Pod{Group: trx, Runs: []int{2}, Leaving: true}
	asks := port.Pod{Group: port.Group{MNO: "etisalat", Direction: port.TX}, Covers: []port.Cover{{Operator: "roshan", Backup: "etisalat",
		Binds: []port.BindID{{MNO: "roshan", Direction: port.TX, Number: 3}}}}}
	operator, first, second := contract.OperatorSubject("awcc"), contract.BindSubject("awcc", "trx", 1), contract.BindSubject("awcc", "trx", 2)
	lane := contract.LaneSubject(contract.P2, "awcc", "trx")
	for _, c := range []struct {
		subject, durable string
		pods             []port.Pod
		want             bool
	}{
		{operator, "smpp-connector-awcc", nil, false}, // no pod lives: nobody knows
		{operator, "smpp-connector-awcc", []port.Pod{serves}, false},
		{operator, "smpp-connector-awcc", []port.Pod{older}, false},
		{operator, "smpp-connector-awcc", []port.Pod{receives}, true},
		{operator, "smpp-connector-awcc", []port.Pod{asks, spare}, true},
		{operator, "of-somebody-else", []port.Pod{asks}, false},
		{contract.OperatorSubject("gone"), "smpp-connector-gone", []port.Pod{serves, receives}, true},
		{contract.OperatorSubject("gone"), "smpp-connector-gone", []port.Pod{serves, older}, false},
		{contract.OperatorSubject("roshan"), "smpp-connector-roshan", []port.Pod{serves, asks}, false},
		{first, "qg-awcc-trx-1", []port.Pod{serves}, false},
		{first, "qg-awcc-trx-1", []port.Pod{older}, false},
		{first, "qg-awcc-trx-1", []port.Pod{receives}, true},
		{second, "qg-awcc-trx-2", []port.Pod{serves, older}, true},
		{second, "qg-awcc-trx-2", []port.Pod{serves, spare}, false},
		{second, "qg-awcc-trx-2", []port.Pod{serves, leaves}, false},
		{contract.BindSubject("roshan", "tx", 3), "qg-roshan-tx-3", []port.Pod{asks}, false},
		{contract.BindSubject("roshan", "tx", 4), "qg-roshan-tx-4", []port.Pod{asks}, true},
		{lane, "smpp-lane-p2-awcc-trx", []port.Pod{spare}, false},
		{lane, "smpp-lane-p2-awcc-trx", []port.Pod{receives, asks}, true},
		{contract.LaneSubject(contract.P0, "roshan", "tx"), "smpp-lane-p0-roshan-tx", []port.Pod{asks}, false},
		{"smpp.awcc.trx.x.dispatch", "qg-awcc-trx-x", []port.Pod{serves}, false}, // none of ours
		{"lane.p9.smpp.awcc.trx", "smpp-lane-p9-awcc-trx", []port.Pod{receives}, false},
	} {
		if got := abandoned(&jetstream.ConsumerInfo{Name: c.durable}, c.subject, c.pods); got != c.want {
			t.Errorf("%s, read by %s, with %+v: abandoned %v, want %v", c.subject, c.durable, c.pods, got, c.want)
		}
	}
}
