package proto

import (
	"strings"
	"testing"
)

// The names of decisions.md, "Names on the wire".
func TestNamesOnTheWire(t *testing.T) {
	for _, row := range []struct{ story, got, want string }{
		{"US-SC-006", OperatorSubject("awcc"), "smpp.operator.awcc"},
		{"US-SC-006", OperatorDurable("awcc"), "smpp-connector-awcc"},
		{"US-SC-018", LaneSubject(P0, "awcc", "trx"), "lane.p0.smpp.awcc.trx"},
		{"US-SC-018", LaneDurable(P3, "awcc", "tx"), "smpp-lane-p3-awcc-tx"},
		{"US-SC-019", BindSubject("awcc", "tx", 2), "smpp.awcc.tx.2.dispatch"},
		{"US-SC-019", BindDurable("awcc", "tx", 2), "qg-awcc-tx-2"},
		{"US-SC-016", BindKey("awcc", "tx", 12), "awcc.tx.12"},
		{"US-SC-016", BucketOwners, "smpp_bind_owners"},
		{"US-SC-006", SubjectDLQ, "sms.dispatch.dlq"},
		{"US-SC-010", SubjectSubmitted, "sms.dispatch.submitted"},
		{"US-SC-011", SubjectDLRInbound, "sms.dlr.inbound"},
		{"US-SC-025", SubjectMOInbound, "sms.mo.inbound"},
		{"US-SC-002", SubjectOperatorHealth, "operator.health"},
		{"US-SC-028", SubjectBindDegraded, "smpp.bind.degraded"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %s, want %s", row.story, row.got, row.want)
		}
	}
}

// Every subject that is published lies in exactly one stream, and no two filters
// of the work queue can match one subject.
func TestStreamsCoverTheSubjects(t *testing.T) {
	for _, s := range []string{OperatorSubject("a"), LaneSubject(P2, "a", "rx"), BindSubject("operator", "trx", 1)} {
		if d, e := cover(DispatchSubjects(), s), cover(EventSubjects(), s); d != 1 || e != 0 {
			t.Errorf("%s: matched by %d subjects of %s and %d of %s", s, d, StreamDispatch, e, StreamEvents)
		}
	}
	for _, s := range []string{SubjectDLRInbound, SubjectDLRPart, SubjectDLROrphan, SubjectMOInbound, SubjectDLQ, SubjectSubmitted, SubjectOperatorHealth, SubjectBindDegraded} {
		if d, e := cover(DispatchSubjects(), s), cover(EventSubjects(), s); d != 0 || e != 1 {
			t.Errorf("%s: matched by %d subjects of %s and %d of %s", s, d, StreamDispatch, e, StreamEvents)
		}
	}
}

// Issue 5: the stream of an MNO is named after it, as it is written, and holds what the
// one for all holds of it.
func TestTheStreamOfAnMNO(t *testing.T) {
	names := map[string]bool{StreamDispatch: true, StreamEvents: true}
	for _, mno := range []string{"awcc", "AWCC", "Awcc", "awcc_tx", "awcc-tx", "operator", strings.Repeat("x", 64)} {
		name := StreamOfMNO(mno)
		if names[name] || !IsStreamOfMNO(name) || !IsDispatchStream(name) || strings.ContainsAny(name, " .*>/\\") || len(name) > 255 {
			t.Errorf("%s: %s", mno, name)
		}
		names[name] = true
		for _, s := range []string{LaneSubject(P0, mno, "tx"), LaneSubject(P3, mno, "trx"), BindSubject(mno, "trx", 16)} {
			if n := cover(MNOSubjects(mno), s); n != 1 {
				t.Errorf("%s: matched by %d subjects of %s", s, n, name)
			}
		}
		if n := cover(MNOSubjects(mno), LaneSubject(P0, mno+"x", "tx")) + cover(MNOSubjects(mno), OperatorSubject(mno)); n != 0 {
			t.Errorf("%s has subjects that follow from something else than the MNO", name)
		}
	}
	if !IsDispatchStream(StreamDispatch) || IsStreamOfMNO(StreamDispatch) || IsDispatchStream(StreamEvents) || IsDispatchStream(StreamDispatch+"X") {
		t.Error("another stream is taken for one of commands")
	}
}

// cover is how many filters match a subject.
func cover(filters []string, subject string) (n int) {
	for _, filter := range filters {
		if matches(filter, subject) {
			n++
		}
	}
	return n
}

// matches is NATS's rule: '*' is one token, '>' is one or more at the end.
func matches(filter, subject string) bool {
	f, s := strings.Split(filter, "."), strings.Split(subject, ".")
	for i, token := range f {
		switch {
		case token == ">":
			return len(s) > i
		case i >= len(s), token != "*" && token != s[i]:
			return false
		}
	}
	return len(f) == len(s)
}

func TestValidateID(t *testing.T) {
	for _, id := range []string{"a", "awcc", "MTN-Afghanistan_2", "no", strings.Repeat("x", 64)} {
		if err := ValidateID("operator id", id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", "a.b", "a b", "*", ">", "a/b", "روشن", "a\x00", strings.Repeat("x", 65)} {
		if err := ValidateID("operator id", id); err == nil || !strings.HasPrefix(err.Error(), "operator id") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// US-SC-018: lanes by name, in either case; an unknown one is refused.
func TestUSSC018ParseLane(t *testing.T) {
	for i, s := range []string{"P0", "p1", "P2", "p3"} {
		if lane, err := ParseLane(s); err != nil || lane != Lane(i) || lane.String() != strings.ToUpper(s) {
			t.Errorf("%s: %v, %v", s, lane, err)
		}
	}
	for _, s := range []string{"", "P4", "0", "P01", "PO"} {
		if _, err := ParseLane(s); err == nil {
			t.Errorf("%q is a lane", s)
		}
	}
}
