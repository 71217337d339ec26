// Package memory is every port of actors/port without a server: for the tests of
// actors, which run in testing/synctest bubbles, where no socket works and time
// is fake. It keeps to what a real server does where an actor could notice:
// order, redelivery, attempt counts, duplicates, durables that outlive their
// readers; testkit/contract holds it to the same suites as the real adapters.
//
//	synctest.Test(t, func(t *testing.T) {
//		m := memory.New()
//		m.Publish(contract.OperatorSubject("awcc"), []byte(`{"messageId":"m-1",…}`))
//		… run actors on m.Dispatch, m.Publisher, m.Correlations, m.Park …
//		m.Publisher.Fail(errAway)
//		time.Sleep(time.Minute) // fake
//		m.Publisher.Heal()
//		events, err := m.WaitEvents(ctx, contract.SubjectSubmitted, 1)
//	})
//
// It starts no goroutine: every wait is on the caller's, on a channel or a timer,
// so a bubble sees it as durably blocked. Make a Memory in the bubble that uses
// it, because channels of one bubble must not be touched from another. It does
// not imitate clusters, disks, limits of size, or the order in which JetStream
// serves several waiting pulls.
package memory
