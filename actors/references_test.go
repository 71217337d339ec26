package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-026: two long messages to one recipient never share a reference within
// 60 s; where those of 8 bits run out, 16 bits are used if the segments stay as
// many.
func TestUSSC026ReferencesOfOneRecipient(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Rules.MayWiden = true
		r.start()
		text := strings.Repeat("0123456789", 20) // 200 septets: 2 parts of 153, and of 152
		full := strings.Repeat("0123456789", 40) // of 3 parts
		exact := strings.Repeat("012345678", 34) // 306 septets: 2 parts of 153, 3 of 152
		for i := range 300 {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"a%d","to":"93700000001","text":%q}`, i, text))
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"b%d","to":"9370000%04d","text":%q}`, i, 1000+i, full))
		}
		for i := range 300 {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"c%d","to":"93700000002","text":%q}`, i, exact))
		}
		r.after(50 * time.Second)
		type use struct {
			to   string
			part smsc.Part
		}
		seen := map[use]int{}
		narrow, wide := map[string]int{}, map[string]int{}
		for _, sms := range r.mno.SMS() {
			if sms.Part.Index != 1 {
				continue
			}
			to := sms.Destination.Addr
			seen[use{to, sms.Part}]++
			if sms.Part.Wide {
				wide[to]++
			} else {
				narrow[to]++
			}
		}
		repeats := map[string]int{}
		for u, n := range seen {
			repeats[u.to] += n - 1
		}
		const one, other = "93700000001", "93700000002"
		if narrow[one]+wide[one] != 300 || repeats[one] != 0 || wide[one] == 0 || narrow[one] > 256 {
			t.Errorf("%d of 8 bits, %d of 16, %d repeated", narrow[one], wide[one], repeats[one])
		}
		if narrow[other] != 300 || wide[other] != 0 || repeats[other] != 44 {
			t.Errorf("more segments: %d of 8 bits, %d of 16, %d repeated of 300", narrow[other], wide[other], repeats[other])
		}
		for to, n := range wide {
			if to != one {
				t.Errorf("%s: %d of 16 bits without need", to, n)
			}
		}
	}, smsc.SendReceipts(smsc.Never()))
}
