// Package recorder is the flight recorder of a bind: the last PDUs of its lines,
// kept as they were on the wire, and shown with everything secret masked.
//
//	reader, writer ─ Line.Record ─▶ Ring ─ Snapshot (masked copy) ─▶ JSON, infra/capture
//
// The hot path pays for one lock and one copy a call: octets go in raw, whole
// batches at a time, cut where TCP cut them. All else (finding the PDUs, masking,
// decoding) is done by the one who looks.
//
// A Ring takes no memory before its first record and at most its capacity ever
// after; the oldest records fall out. A PDU above the bound is kept truncated, so
// that no message_payload pushes everything else out. The heartbeats of a quiet
// line are kept to the last few, so that a night of enquire_link neither fills the
// memory of a thousand idle binds nor pushes out what happened before it; a note
// says how many were left out.
//
// # What is masked
//
// A snapshot starts from zeros and copies what is known to be harmless: what no
// rule of mask.go names is not shown. Masked octets keep their number, so lengths
// and framing stay right: passwords, texts and vendor TLVs become 'x', addresses
// keep what the codec.NumberMask of the snapshot leaves, an MNO's own words about a
// refusal keep what repeats neither a number nor the text of the submit_sm (quoted.go), a user data header keeps its elements of up to four
// octets, a receipt keeps its fields but not the message's text. What cannot be
// parsed keeps its header and zeros behind it.
//
// The octets in the Ring itself are not masked: they are in memory as they are in
// the buffers of the line, and leave it only by Snapshot.
//
// The package has no clock, no goroutine and no logger: every call brings its time.
package recorder
