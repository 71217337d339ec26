package dispatch

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ReasonSender is the reason of a Refusal: the MNO has not registered the sender.
const ReasonSender = "sender_not_allowed"

// Senders are the senders that an MNO takes; nil: it takes any.
type Senders struct {
	whole    map[string]bool
	prefixes []string
}

// NewSenders reads a list: an address, or the beginning of some with '*' behind it. They
// are compared as they are submitted, case and all, whether or not there is a '+'. An
// empty list is nil.
func NewSenders(list []string) *Senders {
	if len(list) == 0 {
		return nil
	}
	s := &Senders{whole: make(map[string]bool, len(list))}
	for _, sender := range list {
		sender = strings.TrimPrefix(sender, "+")
		if prefix, open := strings.CutSuffix(sender, "*"); open {
			s.prefixes = append(s.prefixes, prefix)
		} else {
			s.whole[sender] = true
		}
	}
	return s
}

// allow reports whether a sender may be submitted. None at all may be: the MNO then puts
// one of the account's in.
func (s *Senders) allow(sender string) bool {
	sender = strings.TrimPrefix(sender, "+")
	if s == nil || sender == "" || s.whole[sender] {
		return true
	}
	for _, prefix := range s.prefixes {
		if strings.HasPrefix(sender, prefix) {
			return true
		}
	}
	return false
}

// refuse is why a sender will not be submitted; nil: it may be. The sender itself stands
// in the dead letter's payload alone: it may be somebody's number.
func (s *Senders) refuse(sender string) *Refusal {
	if s.allow(sender) {
		return nil
	}
	shape := "a name"
	if isNumber(sender) {
		shape = "a number"
	}
	return &Refusal{ReasonSender, "from", fmt.Sprintf("%s of %d characters that is none of the senders in the MNO's profile, which are compared as they are submitted, case and all: "+
		"have the MNO register it, add it to `senders`, then replay the dead letter; or publish the command with another `from`", shape, utf8.RuneCountInString(sender))}
}
