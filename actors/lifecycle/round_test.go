package lifecycle

import (
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

func TestARoundDialsEachHostOnce(t *testing.T) {
	for _, c := range []struct {
		order                 Order
		number, passed, hosts int
		want                  []int
	}{
		{InOrder, 1, 0, 1, []int{0}}, {InOrder, 7, 0, 2, []int{0, 1}}, {InOrder, 1, 1, 3, []int{1, 2, 0}}, {InOrder, 1, 0, 4, []int{0, 1, 2, 3}},
		{Spread, 2, 0, 1, []int{0}}, {Spread, 2, 0, 2, []int{1, 0}}, {Spread, 4, 0, 2, []int{1, 0}},
		{Spread, 2, 0, 4, []int{1, 2, 3, 0}}, {Spread, 6, 0, 4, []int{1, 3, 0, 2}}, {Spread, 10, 0, 4, []int{1, 0, 2, 3}}, {Spread, 14, 0, 4, []int{1, 2, 3, 0}},
		{Spread, 6, 1, 4, []int{2, 0, 1, 3}},
	} {
		r := c.order.Round(c.number, c.passed, c.hosts)
		got := []int{r.Host()}
		for r.Next() {
			got = append(got, r.Host())
		}
		if !slices.Equal(got, c.want) || r.Next() || r.Host() != c.want[len(c.want)-1] {
			t.Errorf("%+v: %v, then %d", c, got, r.Host())
		}
	}
	if over := (Round{}); over.Next() || over.Host() != 0 {
		t.Error("the zero round is not over")
	}
}

func TestBindsAreSpreadEvenly(t *testing.T) {
	lie := make([]int, 4)
	for number := 1; number <= 16; number++ {
		lie[Spread.First(number, 0, 4)]++
		if first := InOrder.First(number, 0, 4); first != 0 {
			t.Errorf("in order, bind %d begins at host %d", number, first)
		}
	}
	if !slices.Equal(lie, []int{4, 4, 4, 4}) {
		t.Errorf("16 binds lie on 4 hosts as %v", lie)
	}
	lost := make([]int, 4) // as the binds lie without host 1
	for number := 1; number <= 16; number++ {
		r := Spread.Round(number, 0, 4)
		for r.Host() == 1 {
			r.Next()
		}
		lost[r.Host()]++
	}
	if !slices.Equal(lost, []int{5, 0, 6, 5}) {
		t.Errorf("without one of 4 hosts 16 binds lie as %v", lost)
	}
	if first := InOrder.First(1, 1, 2); first != 1 {
		t.Errorf("after a host without answers the bind begins at host %d", first)
	}
	for _, c := range []struct{ silent, brief, want int }{{0, 0, 0}, {0, 1, 0}, {0, 2, 1}, {0, 3, 2}, {1, 0, 1}, {1, 2, 2}} {
		if got := Passed(c.silent, c.brief); got != c.want {
			t.Errorf("%d silent, %d brief: %d hosts are passed over, want %d", c.silent, c.brief, got, c.want)
		}
	}
	if first := InOrder.First(1, 3, 0); first != 0 {
		t.Errorf("without hosts: %d", first)
	}
}

// A password is as wrong at the other host, and one more attempt locks the account. What
// is said of sessions, load or faults is said by one host.
func TestWhatARefusalIsAbout(t *testing.T) {
	for status, account := range map[codec.Status]bool{
		codec.StatusInvPaswd: true, codec.StatusInvSysID: true, codec.StatusInvSysTyp: true, codec.StatusThrottled: true,
		codec.StatusBindFail: false, codec.StatusAlyBnd: false, codec.StatusSysErr: false, codec.StatusOK: false, codec.Status(0x0450): false,
	} {
		if got := RefusalOf(status).Account; got != account {
			t.Errorf("%v is about the account: %v, want %v", status, got, account)
		}
	}
}
