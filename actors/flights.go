package actors

import "slices"

// flights are the segments of one window that are in flight. Each knows its place
// in the list, so that an answer takes it out without a search; those that were
// answered are used again.
//
// Only the window looks at a flight's place: while the session has the flight, the
// place may change all the same.
type flights struct {
	list []*flight // in no order
	free []*flight
}

// add makes a flight.
func (fs *flights) add(cmd *command, part int, ordinal uint64) *flight {
	var f *flight
	if n := len(fs.free); n > 0 {
		f, fs.free = fs.free[n-1], fs.free[:n-1]
	} else {
		f = new(flight)
	}
	*f = flight{cmd: cmd, part: part, ordinal: ordinal, place: len(fs.list)}
	fs.list = append(fs.list, f)
	return f
}

// take takes a flight out, and reports whether it was in.
func (fs *flights) take(f *flight) bool {
	last := len(fs.list) - 1
	if f.place > last || fs.list[f.place] != f {
		return false
	}
	moved := fs.list[last]
	moved.place, fs.list[f.place] = f.place, moved
	fs.list[last] = nil
	fs.list = fs.list[:last]
	return true
}

// recycle lets a flight that was taken out be used again. Nobody else may know it
// any more: it was answered, and the answer is dealt with.
func (fs *flights) recycle(f *flight) {
	f.cmd, f.id, f.why = nil, "", nil
	fs.free = append(fs.free, f)
}

// takeOut takes out what is to go, in the order of submitting.
func (fs *flights) takeOut(goes func(*flight) bool) (out []*flight) {
	kept := fs.list[:0]
	for _, f := range fs.list {
		if goes(f) {
			out = append(out, f)
			continue
		}
		f.place = len(kept)
		kept = append(kept, f)
	}
	clear(fs.list[len(kept):])
	fs.list = kept
	slices.SortFunc(out, func(a, b *flight) int { return int(int64(a.ordinal - b.ordinal)) })
	return out
}

// empty takes all out.
func (fs *flights) empty() []*flight { return fs.takeOut(func(*flight) bool { return true }) }

func (fs *flights) count() int { return len(fs.list) }
