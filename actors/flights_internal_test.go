package actors

import "testing"

// What an answer takes out is gone, whatever place the others have moved to, and
// an answer that comes a second time finds nothing.
func TestFlightsAreTakenOutOnce(t *testing.T) {
	var fs flights
	cmd := &command{}
	var all []*flight
	for i := range 10 {
		all = append(all, fs.add(cmd, 0, uint64(i)))
	}
	for _, i := range []int{3, 9, 0, 8} {
		if !fs.take(all[i]) || fs.take(all[i]) {
			t.Errorf("flight %d: not taken once", i)
		}
	}
	out := fs.takeOut(func(f *flight) bool { return f.ordinal%2 == 0 })
	if len(out) != 3 || out[0].ordinal != 2 || out[2].ordinal != 6 {
		t.Errorf("took out %d", len(out))
	}
	for i, f := range fs.list {
		if f.place != i {
			t.Errorf("flight %d is at %d and believes %d", f.ordinal, i, f.place)
		}
	}
	if fs.take(all[2]) || !fs.take(all[5]) || fs.count() != 2 {
		t.Errorf("%d are left", fs.count())
	}
	fs.recycle(all[5])
	if again := fs.add(cmd, 1, 77); again != all[5] || again.ordinal != 77 || again.part != 1 || !fs.take(again) {
		t.Error("an answered flight is not used again")
	}
	if left := fs.empty(); len(left) != 2 || left[0].ordinal != 1 || left[1].ordinal != 7 || fs.count() != 0 {
		t.Errorf("%d were left", len(left))
	}
}
