// Package page is what people see of the connector in a browser, and what programs
// read of the same:
//
//	/debug/actors               the tree: a page for browsers, JSON for programs
//	/debug/actors/stream        its changes, as server-sent events
//	/debug/binds/{bind}         one bind: a page, or JSON
//	/debug/binds/{bind}/history its last quarter of an hour, JSON
//	/debug/assets/…             the one style sheet, the one script, the icon
//
// Nothing is asked of the actors: they keep their own vitals, and the page looks
// (package vitals). One goroutine looks once a second, only while somebody
// watches, and encodes each change once for all browsers (stream.go, diff.go).
//
//	vitals ─ look ─▶ hub ─ changed fields ─▶ watcher, watcher, …
//
// The page shows no text, no password and no telephone number, because vitals hold
// none; the flight recorder's lines are masked by the recorder. Names come from
// outside: the script writes them with textContent alone, and the policy in the
// header (policy) lets the browser run nothing else.
//
// It does not decide who may look: that is infra/httpapi's.
package page
