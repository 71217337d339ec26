package actors

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Rows of parts make one message only where the handset can join them: under one reference,
// of one text. Of what was submitted under several, the rest goes with the most that is there.
func TestUSSC026WhatEarlierDeliveriesHadAccepted(t *testing.T) {
	plan := func(text string) *dispatch.Plan {
		p, refusal := dispatch.Make(&contract.SmsDispatchCommand{MessageId: "m", To: "93700000001", From: "1234", Text: text}, dispatch.Rules{}, time.Now())
		if refusal != nil {
			t.Fatal(refusal)
		}
		return p
	}
	now, edited := plan(strings.Repeat("0123456789", 40)), plan(strings.Repeat("9876543210", 40))
	row := func(of *dispatch.Plan, reference uint16, part, second int) port.Correlation {
		return port.Correlation{OperatorMessageID: fmt.Sprintf("%d.%d", reference, part), PartIndex: part, PartsTotal: 3, Fingerprint: of.Fingerprint,
			Reference: port.Reference{Number: reference, Bits: 8}, SubmittedAt: time.Unix(int64(second), 0)}
	}
	short := port.Correlation{OperatorMessageID: "one", PartIndex: 1, PartsTotal: 1, Fingerprint: edited.Fingerprint}
	for _, c := range []struct {
		name     string
		rows     []port.Correlation
		ids      []string
		doubtful bool
	}{
		{"nothing", nil, nil, false},
		{"two of three", []port.Correlation{row(now, 2, 1, 1), row(now, 2, 3, 1)}, []string{"2.1", "", "2.3"}, false},
		{"all, and one twice", []port.Correlation{row(now, 2, 1, 1), row(now, 2, 2, 1), row(now, 2, 3, 1), row(now, 3, 1, 2)}, []string{"2.1", "2.2", "2.3"}, false},
		{"all, but under two references", []port.Correlation{row(now, 2, 1, 1), row(now, 2, 2, 1), row(now, 3, 1, 2), row(now, 3, 3, 2)}, []string{"2.1", "2.2", ""}, true},
		{"one, and two", []port.Correlation{row(now, 2, 1, 1), row(now, 3, 2, 2), row(now, 3, 3, 2)}, []string{"", "3.2", "3.3"}, true},
		{"of a text that was edited", []port.Correlation{row(edited, 2, 1, 1)}, nil, true},
		{"of one that was edited, and of this", []port.Correlation{row(edited, 2, 1, 1), row(edited, 2, 2, 1), row(now, 3, 3, 2)}, []string{"", "", "3.3"}, true},
		{"the whole as another account splits it", []port.Correlation{row(now, 2, 1, 1), short}, []string{"one"}, false},
	} {
		for range 20 { // whatever the order of a map
			var was earlier
			was.learn(c.rows, now)
			if !slices.Equal(was.ids, c.ids) || was.doubtful != c.doubtful {
				t.Errorf("%s: %q, doubtful %v", c.name, was.ids, was.doubtful)
				break
			}
		}
	}
}
