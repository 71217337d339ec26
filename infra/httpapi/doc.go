// Package httpapi is what the process shows over HTTP, on two listeners:
//
//	HTTP_ADDR   public   GET /health   200 while the process runs: the liveness probe
//	                     GET /ready    200 or 503, and why not: the readiness probe
//	                     GET /metrics  Prometheus text
//	DEBUG_ADDR  loopback GET /debug/actors   the live tree as JSON
//	                     POST /debug/drain  begins the drain (a pod's pre-stop hook); GET says how far it is
//	                     GET /debug/pprof/   only when there is a token
//
// /health depends on nothing: an MNO that is away must not restart pods (US-SC-001).
// /ready asks whether a bind is BOUND, or none is this process's to bind (US-SC-015).
//
// The debug listener refuses an address beyond loopback unless there is a token,
// and on loopback a request whose Host is not a loopback name: a page in the
// operator's browser could otherwise read it through DNS rebinding.
//
// With a token, programs show it as "Authorization: Bearer …" and browsers log in
// (token.go). What another site's page makes a browser ask is refused, and no flood
// takes from the messages more than a part of one core and a bounded number of
// connections: requests and connections are let in at a rate, and what is dear to make
// is made by one at a time, with a rest after it (guard.go).
//
// It does not decide anything, and knows the rest of the program as functions.
package httpapi
