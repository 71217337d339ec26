package page

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

// View is the process at one moment.
type View struct {
	Pod     string         `json:"pod,omitempty"`
	Version string         `json:"version,omitempty"`
	At      time.Time      `json:"at"`
	Ready   bool           `json:"ready"`
	Reasons []string       `json:"reasons,omitempty"` // why not, or what is missing all the same
	Actors  []vitals.Actor `json:"actors"`            // by path
}

// hub looks once a second while somebody watches, and tells each watcher what has
// changed.
type hub struct {
	look  func() View
	every time.Duration

	mu       sync.Mutex
	watchers map[*watcher]struct{}
	running  bool
	rows     map[string]*row
	order    []string // the keys of rows, sorted
	round    uint64
	spare    row    // takes the next row's octets
	head     []byte // of the last look: what a frame begins with
}

// watcher is one browser.
type watcher struct {
	below  string      // the path of the one bind that it watches; empty: the whole tree
	frames chan []byte // closed when the watcher is too slow, and comes again for the whole
}

// pending bounds the frames that wait for a slow browser.
const pending = 8

// maxWatchers bounds the streams of a process: a browser needs one a tab.
const maxWatchers = 64

// watch adds a watcher and returns it with the whole tree as its first frame. ok is
// false when there are too many.
func (h *hub) watch(below string) (w *watcher, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) >= maxWatchers {
		return nil, false
	}
	w = &watcher{below: below, frames: make(chan []byte, pending)}
	if h.watchers == nil {
		h.watchers = map[*watcher]struct{}{}
	}
	if len(h.watchers) == 0 {
		h.turn() // nobody had it looked at
	}
	h.watchers[w] = struct{}{}
	if !h.running {
		h.running = true
		go h.run()
	}
	w.frames <- h.whole(below)
	return w, true
}

// leave removes a watcher. It may be called twice.
func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers, w)
}

// run looks until nobody watches.
func (h *hub) run() {
	every := time.NewTicker(h.every)
	defer every.Stop()
	for range every.C {
		if !h.step() {
			return
		}
	}
}

// step looks once and tells the watchers; false when there are none.
func (h *hub) step() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) == 0 {
		h.running, h.rows, h.order = false, nil, nil
		return false
	}
	changes := h.turn()
	var all []byte
	for w := range h.watchers {
		frame := all
		if w.below != "" {
			frame = h.frame("change", changes, w.below)
		} else if all == nil {
			all = h.frame("change", changes, "")
			frame = all
		}
		select {
		case w.frames <- frame:
		default: // it comes again, and gets the whole
			delete(h.watchers, w)
			close(w.frames)
		}
	}
	return true
}

// change is what became of one row; nil octets: it is gone.
type change struct {
	path   string
	octets []byte
}

// turn looks, and returns what is another than before, by path.
func (h *hub) turn() (changes []change) {
	view := h.look()
	h.round++
	if h.rows == nil {
		h.rows = map[string]*row{}
	}
	buf := make([]byte, 0, 64<<10)
	fresh := false
	for i := range view.Actors {
		a := &view.Actors[i]
		old := h.rows[a.Path]
		h.spare.encode(a)
		start := len(buf)
		if buf = h.spare.changes(buf, a.Path, old); len(buf) > start {
			changes = append(changes, change{a.Path, buf[start:len(buf):len(buf)]})
		}
		if old == nil {
			old, fresh = &row{}, true
			h.rows[a.Path] = old
		}
		*old, h.spare = h.spare, *old // what it held before takes the next one
		old.round = h.round
	}
	for path, r := range h.rows {
		if r.round != h.round {
			delete(h.rows, path)
			changes, fresh = append(changes, change{path: path}), true
		}
	}
	if fresh {
		h.order = h.order[:0]
		for path := range h.rows {
			h.order = append(h.order, path)
		}
		slices.Sort(h.order)
	}
	h.head = appendHead(h.head[:0], &view)
	return changes
}

// appendHead writes the members of a frame that are about the process.
func appendHead(b []byte, v *View) []byte {
	b = append(b, `{"pod":`...)
	b = appendString(b, v.Pod)
	b = append(b, `,"version":`...)
	b = appendString(b, v.Version)
	b = append(b, `,"at":`...)
	b = appendTime(b, v.At)
	b = append(b, `,"ready":`...)
	b = appendJSON(b, v.Ready)
	b = append(b, `,"reasons":`...)
	return appendJSON(b, append([]string{}, v.Reasons...))
}

// frame is an event with the rows at below (all rows when it is empty) that have
// changed: event, then one line of JSON.
func (h *hub) frame(event string, changes []change, below string) []byte {
	b := make([]byte, 0, 4<<10)
	b = append(append(append(b, "event: "...), event...), "\ndata: "...)
	b = append(append(b, h.head...), `,"set":{`...)
	first := true
	for _, c := range changes {
		if c.octets == nil || !isBelow(c.path, below) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b, first = append(b, c.octets...), false
	}
	b = append(b, `},"gone":[`...)
	first = true
	for _, c := range changes {
		if c.octets != nil || !isBelow(c.path, below) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		b, first = appendString(b, c.path), false
	}
	return append(b, "]}\n\n"...)
}

// whole is an event with every row.
func (h *hub) whole(below string) []byte {
	changes := make([]change, 0, len(h.order))
	for _, path := range h.order {
		if isBelow(path, below) {
			changes = append(changes, change{path, h.rows[path].changes(nil, path, nil)})
		}
	}
	return h.frame("all", changes, below)
}

func isBelow(path, below string) bool {
	return below == "" || path == below || strings.HasPrefix(path, below) && path[len(below)] == '/'
}
