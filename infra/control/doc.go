// Package control carries people's commands to every pod and the pods' answers back
// (issue 7, point 5), as a NATS micro service: `nats micro ls` finds the pods, and
// `nats req smpp.control.list '{}'` asks what `smpp-connector binds` asks.
//
// Each pod is an instance of the service and hears every request: there is no queue
// group. Client asks all of them at once and waits until each has answered, or the
// deadline has passed; it then names those that have not. Who is there it learns from the
// service's discovery and from what pods say of themselves in NATS, so that one that is slow
// is not overlooked. It never guesses an address.
//
// Who may publish to smpp.control.> may command: NATS's permissions decide that.
package control
