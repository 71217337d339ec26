package receipt

import "strings"

// The message_state values of SMPP 3.4 §5.2.28, and 0 and 9 of SMPP 5.0.
const (
	Scheduled     uint8 = 0
	Enroute       uint8 = 1
	Delivered     uint8 = 2
	Expired       uint8 = 3
	Deleted       uint8 = 4
	Undeliverable uint8 = 5
	Accepted      uint8 = 6
	Unknown       uint8 = 7
	Rejected      uint8 = 8
	Skipped       uint8 = 9
)

// words are the state words that SMSCs are known to send, Appendix B's first.
var words = map[string]uint8{
	"ENROUTE": Enroute, "DELIVRD": Delivered, "EXPIRED": Expired, "DELETED": Deleted,
	"UNDELIV": Undeliverable, "ACCEPTD": Accepted, "UNKNOWN": Unknown, "REJECTD": Rejected,

	"SCHEDULED": Scheduled, "SCHEDLD": Scheduled,
	"EN_ROUTE": Enroute, "BUFFRED": Enroute, "BUFFERD": Enroute, "BUFFERED": Enroute, "QUEUED": Enroute,
	"DELIVERD": Delivered, "DELIVERED": Delivered, "DELIVER": Delivered, "DLVRD": Delivered,
	"EXPIRD": Expired, "DELETD": Deleted,
	"FAILED": Undeliverable, "FAIL": Undeliverable, "UNDELIVERABLE": Undeliverable, "UNDELIVERED": Undeliverable,
	"UNDELIVRD": Undeliverable, "UNDELVD": Undeliverable, "UNDLVRD": Undeliverable, "SYSERR": Undeliverable,
	"ACCEPTED": Accepted, "ACKED": Accepted,
	"UNKNOWM":  Unknown,
	"REJECTED": Rejected, "REJECT": Rejected, "DND_REJECTED": Rejected, "NOCRED": Rejected,
	"SKIPPED": Skipped,
}

// Rules is how an MNO's receipts are to be understood. The zero value does for
// most.
type Rules struct {
	// Words adds to the known state words or overrules them; keys in upper case.
	Words map[string]uint8
	// AcceptedIsFinal: this MNO says nothing after ACCEPTD. Otherwise ACCEPTED is
	// a stage, as MNOs use it, though 3.4 calls it final.
	AcceptedIsFinal bool
	// TextFirst believes the text before the TLVs, for MNOs whose TLVs are wrong.
	TextFirst bool
}

// State looks a state word up, in any case; ok is false if no rule has it.
func (r Rules) State(word string) (state uint8, ok bool) {
	word = strings.ToUpper(word)
	if state, ok = r.Words[word]; ok {
		return state, true
	}
	state, ok = words[word]
	return state, ok
}

// Final reports whether nothing but repeats is to come after a state.
func (r Rules) Final(state uint8) bool {
	switch state {
	case Scheduled, Enroute:
		return false
	case Accepted:
		return r.AcceptedIsFinal
	}
	return state <= Skipped
}
