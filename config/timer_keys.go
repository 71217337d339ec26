package config

import "time"

// timers is every bound on a wait: once for the process, as the default of all
// operators, and again in each profile and each operator's entry.
var timers = []knob[Timers]{
	{"connect", "CONNECT_TIMEOUT", "10s", "bound on the TCP connection",
		func(t *Timers) value { return span(&t.Connect, time.Millisecond) }},
	{"tls", "TLS_TIMEOUT", "10s", "bound on the TLS handshake after it",
		func(t *Timers) value { return span(&t.TLS, time.Millisecond) }},
	{"bind", "BIND_TIMEOUT", "10s", "bound on the answer to a bind",
		func(t *Timers) value { return span(&t.Bind, time.Millisecond) }},
	{"write", "WRITE_TIMEOUT", "10s", "bound on one write to the socket",
		func(t *Timers) value { return span(&t.Write, time.Millisecond) }},
	{"response", "RESPONSE_TIMEOUT", "30s", "bound on the answer to a submit_sm",
		func(t *Timers) value { return span(&t.Response, time.Millisecond) }},
	{"enquireLink", "ENQUIRE_LINK_INTERVAL", "30s", "between heartbeats",
		func(t *Timers) value { return span(&t.EnquireLink, time.Millisecond) }},
	{"enquireLinkResponse", "ENQUIRE_LINK_TIMEOUT", "10s", "bound on the answer to a heartbeat",
		func(t *Timers) value { return span(&t.EnquireLinkResponse, time.Millisecond) }},
	{"inactivity", "INACTIVITY_TIMEOUT", "0s", "no PDU but heartbeats for so long: unbind; 0s: never",
		func(t *Timers) value { return span(&t.Inactivity, 0) }},
	{"unbind", "UNBIND_TIMEOUT", "5s", "bound on the answer to an unbind",
		func(t *Timers) value { return span(&t.Unbind, time.Millisecond) }},
	{"drain", "DRAIN_TIMEOUT", "30s", "how long a bind that leaves (shutdown, hand-over, maintenance, rebind) waits for answers",
		func(t *Timers) value { return span(&t.Drain, 0) }},
	{"backoff", "BACKOFF", "5s,10s,20s,40s,60s", "before each redial; the last one repeats",
		func(t *Timers) value { return spans(&t.Backoff) }},
	{"backoffJitter", "BACKOFF_JITTER", "0", "share of a delay that is drawn by lot, 0 to 1",
		func(t *Timers) value { return share(&t.BackoffJitter) }},
	{"rebindFloor", "REBIND_FLOOR", "0s", "least time between the end of a session and the next dial, whatever backoff says",
		func(t *Timers) value { return pause(&t.RebindFloor) }},
	{"authFailed", "AUTH_FAILED_WAIT", "5m", "least wait after the MNO refused the password, system_id or system_type",
		func(t *Timers) value { return pause(&t.AuthFailed) }},
	{"alreadyBound", "ALREADY_BOUND_WAIT", "60s", "least wait after ESME_RALYBND, for the MNO to forget the old session",
		func(t *Timers) value { return pause(&t.AlreadyBound) }},
}
