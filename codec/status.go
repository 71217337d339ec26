package codec

import "fmt"

// Status is a command_status: how a request went (SMPP 3.4 §5.1.3). It is an
// error, so that errors.As finds the MNO's answer under any wrapping; StatusOK is
// one too, so compare with StatusOK and not with nil.
type Status uint32

// statusRow is one line of the table: what the spec calls a code and what it says.
type statusRow struct {
	code    Status
	name    string // ESME_R…, as in SMPP 3.4
	version string // of the spec that has it first: 3.4 or 5.0
	meaning string
}

var statusByCode = func() map[Status]*statusRow {
	m := make(map[Status]*statusRow, len(statuses))
	for i := range statuses {
		m[statuses[i].code] = &statuses[i]
	}
	return m
}()

// String is the spec's name, "ESME_RTHROTTLED", or "0x00000450" for a code that
// neither 3.4 nor 5.0 names: a bounded set, fit for a metric label together with
// the vendor codes that a profile names.
func (s Status) String() string {
	if row := statusByCode[s]; row != nil {
		return row.name
	}
	return fmt.Sprintf("0x%08X", uint32(s))
}

// Meaning says in words what the spec says of the code.
func (s Status) Meaning() string {
	switch row := statusByCode[s]; {
	case row != nil:
		return row.meaning
	case s.Vendor():
		return "vendor-specific error of this SMSC"
	}
	return "reserved by SMPP 3.4"
}

// Error implements error: name and meaning.
func (s Status) Error() string { return s.String() + " (" + s.Meaning() + ")" }

// Known reports whether 3.4 or 5.0 names the code.
func (s Status) Known() bool { return statusByCode[s] != nil }

// Vendor reports whether the code lies in 0x400-0x4FF, which 3.4 leaves to SMSC vendors.
func (s Status) Vendor() bool { return s >= 0x400 && s <= 0x4FF }

// KnownStatuses lists every status that has a name, in the order of the codes.
func KnownStatuses() []Status {
	list := make([]Status, len(statuses))
	for i := range statuses {
		list[i] = statuses[i].code
	}
	return list
}
