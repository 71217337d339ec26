package control

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Verb is what a command asks for. It is also the last word of its subject.
type Verb string

// The verbs.
const (
	List           Verb = "list"            // every bind that the pod serves
	Rebind         Verb = "rebind"          // let the window empty, unbind, bind again
	Pause          Verb = "pause"           // pull nothing; receipts and MOs go on
	Resume         Verb = "resume"          // pull again
	Move           Verb = "move"            // hand the bind over to a pod
	MaintenanceOn  Verb = "maintenance-on"  // pull nothing of the MNO, unbind, raise no alerts
	MaintenanceOff Verb = "maintenance-off" // bind again
)

// Verbs returns all of them.
func Verbs() []Verb { return []Verb{List, Rebind, Pause, Resume, Move, MaintenanceOn, MaintenanceOff} }

// AboutMNO reports whether the verb is about an MNO rather than about one bind.
func (v Verb) AboutMNO() bool { return v == MaintenanceOn || v == MaintenanceOff }

// Standing reports whether what the verb orders holds until something else is
// ordered, and what it then says of Halt.
func (v Verb) Standing() (halt, stands bool) {
	switch v {
	case Pause, MaintenanceOn:
		return true, true
	case Resume, MaintenanceOff:
		return false, true
	}
	return false, false
}

// Command is what somebody asks of the pods: the body of a request.
type Command struct {
	ID   string    `json:"id,omitempty"`   // of this one command: the same on every pod
	Verb Verb      `json:"verb,omitempty"` // of the subject, where it is left out
	Bind string    `json:"bind,omitempty"` // awcc.trx.1; of rebind, pause, resume, move
	MNO  string    `json:"mno,omitempty"`  // of maintenance; of list: its binds alone
	To   string    `json:"to,omitempty"`   // of move: the pod, or Anywhere
	By   string    `json:"by,omitempty"`   // who gives it, for the audit
	At   time.Time `json:"at,omitzero"`    // when
}

// Anywhere, in place of a pod's name, lets a bind that was moved go where the spread
// puts it.
const Anywhere = "any"

// maxWord bounds what a command may say of its giver and of a pod's name.
const maxWord = 253

// Check says what is wrong with a command.
func (c *Command) Check() error {
	var complaints []error
	switch c.Verb {
	case List:
	case MaintenanceOn, MaintenanceOff:
		complaints = append(complaints, contract.ValidateID("mno", c.MNO))
	case Rebind, Pause, Resume, Move:
		bind, err := port.ParseBindID(c.Bind)
		if err == nil {
			err = contract.ValidateID("mno", bind.MNO)
		}
		complaints = append(complaints, err)
	default:
		return fmt.Errorf("verb %q: want one of %v", c.Verb, Verbs())
	}
	if c.Verb == Move && c.To == "" {
		complaints = append(complaints, errors.New(`to is empty: want the name of a pod, as list shows it, or "any"`))
	}
	for name, word := range map[string]string{"by": c.By, "to": c.To, "id": c.ID} {
		if len(word) > maxWord || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' || r == 0x7F }) {
			complaints = append(complaints, fmt.Errorf("%s has %d octets or a control character: want at most %d, without", name, len(word), maxWord))
		}
	}
	if c.Verb != List && (c.By == "" || c.ID == "") {
		complaints = append(complaints, errors.New("by or id is empty: a command is kept with who gave it, under an id of its own"))
	}
	return errors.Join(complaints...)
}

// Target is what the command is about: the key of its order.
func (c *Command) Target() string {
	if c.Verb.AboutMNO() {
		return TargetMNO(c.MNO)
	}
	return TargetBind(c.Bind)
}

// TargetMNO is the target of orders about an MNO.
func TargetMNO(mno string) string { return "mno." + mno }

// TargetBind is the target of orders about a bind, by its name (awcc.trx.1).
func TargetBind(bind string) string { return "bind." + bind }

// Order is what the command makes of the order about its target: a verb that orders
// nothing that stands leaves that as it is, and is remembered as the last command.
func (c *Command) Order(now port.Order) port.Order {
	if halt, stands := c.Verb.Standing(); stands {
		now.Halt = halt
	}
	if c.Verb == Move {
		if now.Home = c.To; c.To == Anywhere {
			now.Home = ""
		}
	}
	now.Target, now.ID, now.Verb, now.By, now.At = c.Target(), c.ID, string(c.Verb), c.By, c.At
	return now
}
