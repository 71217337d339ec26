package memory

import "time"

// duplicateWindow is how long a stream remembers a Nats-Msg-Id; the streams of
// infra/natsjs are made with the same.
const duplicateWindow = 10 * time.Minute

// headerMsgID is the header by which JetStream knows a message again.
const headerMsgID = "Nats-Msg-Id"

// duplicates is a stream's memory of ids. It is per stream, not per subject, and
// outlives the messages, as measured of nats-server 2.15.
type duplicates map[string]time.Time

// seen reports whether id was stored within the window, and remembers it if not.
// A repeat does not begin the window anew.
func (d duplicates) seen(id string, now time.Time) bool {
	if id == "" {
		return false
	}
	if at, ok := d[id]; ok && now.Sub(at) < duplicateWindow {
		return true
	}
	d[id] = now
	return false
}
