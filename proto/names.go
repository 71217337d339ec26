package proto

import (
	"fmt"
	"strconv"
	"strings"
)

// maxID is the most octets of an operator or MNO id: long enough for any name,
// short enough that subjects, durables and keys made of two stay below 255.
const maxID = 64

// ValidateID refuses an id that cannot be part of a subject, of a durable
// consumer's name and of a bucket's key alike: letters, digits, '-' and '_', at
// most 64. what names the id in the error: "OPERATOR_IDS", "mno", ….
func ValidateID(what, id string) error {
	if id == "" {
		return fmt.Errorf("%s is empty: want 1 to %d letters, digits, '-' or '_'", what, maxID)
	}
	if len(id) > maxID {
		return fmt.Errorf("%s has %d octets: want at most %d", what, len(id), maxID)
	}
	for i := range len(id) {
		if c := id[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return fmt.Errorf("%s %q has %q at position %d: want letters, digits, '-' and '_' only, because it becomes part of NATS subjects and consumer names",
				what, id, rune(c), i+1)
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// OperatorSubject is where commands for an operator come in (US-SC-006). All its
// tx and trx binds share it; it ranks as lane P1.
func OperatorSubject(operatorID string) string { return "smpp.operator." + operatorID }

// OperatorDurable names the durable consumer of OperatorSubject.
func OperatorDurable(operatorID string) string { return "smpp-connector-" + operatorID }

// BindSubject is where commands for one bind come in (US-SC-019). It ranks as lane P1.
func BindSubject(mno, direction string, number int) string {
	return "smpp." + mno + "." + direction + "." + strconv.Itoa(number) + ".dispatch"
}

// BindDurable names the durable consumer of BindSubject, which only the bind's owner reads.
func BindDurable(mno, direction string, number int) string {
	return "qg-" + mno + "-" + direction + "-" + strconv.Itoa(number)
}

// BindKey is the bind's key in BucketOwners.
func BindKey(mno, direction string, number int) string {
	return mno + "." + direction + "." + strconv.Itoa(number)
}

// Lane is a priority lane (US-SC-018): P0 goes before P1, P1 before P2, P2 before P3.
type Lane uint8

// The lanes, most urgent first.
const (
	P0 Lane = iota
	P1
	P2
	P3
)

// Lanes returns every lane, most urgent first: the default of LANES.
func Lanes() []Lane { return []Lane{P0, P1, P2, P3} }

// String is the lane as LANES and logs name it: "P0".
func (l Lane) String() string { return "P" + strconv.Itoa(int(l)) }

func (l Lane) token() string { return "p" + strconv.Itoa(int(l)) }

// ParseLane reads "P0" … "P3", in either case.
func ParseLane(s string) (Lane, error) {
	for _, lane := range Lanes() {
		if strings.EqualFold(s, lane.String()) {
			return lane, nil
		}
	}
	return 0, fmt.Errorf("lane %q: want one of P0, P1, P2, P3", s)
}

// LaneSubject is where commands of a lane come in, shared by the pods that serve it.
func LaneSubject(lane Lane, mno, direction string) string {
	return "lane." + lane.token() + ".smpp." + mno + "." + direction
}

// LaneDurable names the durable consumer of LaneSubject.
func LaneDurable(lane Lane, mno, direction string) string {
	return "smpp-lane-" + lane.token() + "-" + mno + "-" + direction
}
