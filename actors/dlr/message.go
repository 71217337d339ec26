package dlr

import (
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec/receipt"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What a message in parts has come to.

// severity orders final states: the worst of a message's parts is the message's
// (decisions.md, 011).
var severity = [...]uint8{receipt.Delivered: 1, receipt.Accepted: 2, receipt.Unknown: 3, receipt.Skipped: 4, receipt.Deleted: 5,
	receipt.Expired: 6, receipt.Undeliverable: 7, receipt.Rejected: 8}

func weigh(state uint8) uint8 {
	if int(state) < len(severity) {
		return severity[state]
	}
	return 0
}

// summed is what the rows of a division say together.
type summed struct {
	worst     port.Correlation // Final is 0 while no part has a final state
	final     int              // parts that have one
	missing   bool             // a part that a receipt is due for has none
	ambiguous bool
}

// Told reports whether a message has had its one final event: by the last of its parts,
// or by a copy of it that went out as one PDU.
func Told(rows []port.Correlation) bool {
	return slices.ContainsFunc(rows, func(r port.Correlation) bool { return Concluded(r) || r.PartsTotal == 1 && r.Final != 0 })
}

// splits takes rows of a message apart that was divided in more than one way: under
// another account's rules, or under newer ones. The divisions of which every part was
// accepted come first, since parts of two do not make a message.
func splits(rows []port.Correlation) (list [][]port.Correlation) {
	at := map[int]int{} // by the number of parts
	for _, r := range rows {
		i, known := at[r.PartsTotal]
		if !known {
			i = len(list)
			at[r.PartsTotal] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], r)
	}
	slices.SortStableFunc(list, func(a, b []port.Correlation) int {
		switch {
		case whole(a) == whole(b):
			return 0
		case whole(a):
			return -1
		}
		return 1
	})
	return list
}

// whole reports whether rows of one division are all its parts.
func whole(rows []port.Correlation) bool {
	parts := make(map[int]bool, len(rows))
	for _, r := range rows {
		parts[r.PartIndex] = true
	}
	return len(parts) == rows[0].PartsTotal
}

// sum adds the rows of one division up; ok is false while nothing is known of it. A part
// that was accepted twice is what the better of its copies is; one that no receipt is due
// for is not waited for.
func sum(rows []port.Correlation) (w summed, ok bool) {
	best := make(map[int]port.Correlation, rows[0].PartsTotal)
	silent := map[int]bool{}
	for _, r := range rows {
		w.ambiguous = w.ambiguous || r.Ambiguous
		silent[r.PartIndex] = silent[r.PartIndex] || r.Silent
		if known, there := best[r.PartIndex]; r.Final != 0 && (!there || weigh(r.Final) < weigh(known.Final)) {
			best[r.PartIndex] = r
		}
	}
	w.final = len(best)
	for part := 1; part <= rows[0].PartsTotal; part++ {
		switch r, there := best[part]; {
		case there && (w.worst.Final == 0 || weigh(r.Final) > weigh(w.worst.Final)):
			w.worst = r
		case !there && !silent[part]:
			w.missing = true
		}
	}
	return w, w.worst.Final != 0
}

// OfMessage is the one final event of a message in parts, when the receipt just
// remembered was the last that was missing; ok is false before, and when the
// event is published already. rows are the stored rows of the message, with the
// receipt's mark.
func OfMessage(rows []port.Correlation, h Heard) (e port.Event, ok bool) {
	if Told(rows) {
		return port.Event{}, false
	}
	for _, split := range splits(rows) {
		if w, known := sum(split); known && !w.missing {
			return w.event(h), true
		}
	}
	return port.Event{}, false
}

// OfExpired is the final event of a message in parts that has expired before all
// of them were final (decisions.md, 011: incomplete). ok is false where no part was,
// because then nothing is known of it, and when its event is published already.
func OfExpired(rows []port.Correlation, now time.Time) (e port.Event, ok bool) {
	if Told(rows) {
		return port.Event{}, false
	}
	var w summed
	for _, split := range splits(rows) {
		if w, ok = sum(split); ok {
			break
		}
	}
	if !ok {
		return port.Event{}, false
	}
	e = w.event(Heard{Bind: w.worst.Bind, At: now})
	e.Body.(*contract.DlrInboundEvent).Incomplete = w.missing
	return e, true
}

func (w *summed) event(h Heard) port.Event {
	b := eventBody(w.worst, h)
	b.Status, b.Final = Status(w.worst.Final), true
	b.PartsFinal, b.Ambiguous = uint32(w.final), w.ambiguous
	return port.Event{Subject: contract.SubjectDLRInbound, ID: "dlr:" + w.worst.Whose() + ":" + w.worst.MessageID + ":final", Body: b, Trace: w.worst.Trace}
}
