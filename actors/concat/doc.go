// Package concat decides what an inbound message is: it separates text from
// headers, says which message a part belongs to and when that is whole, and makes
// the event (US-SC-025). It is pure.
//
//	deliver_sm ──Read──► Inbound ─┬─ whole ────────────────────► Event
//	                              └─ a part ──Slot.Put (a store)──► Whole ──► EventOf
//
// A Slot is what a store without scripts keeps under a key; Redis does the same in
// Lua, and testkit/contract holds both to it. Nothing here knows where parts are
// kept, publishes, or answers the MNO.
package concat
