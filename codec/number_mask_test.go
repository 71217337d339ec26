package codec_test

import (
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// Issue 8: "no full MSISDN (configurable mask)".
func TestNumberMask(t *testing.T) {
	for _, c := range []struct{ mask, number, want string }{
		{"0+3", "93700123456", "***456"},
		{"0+3", "+93700123456", "+***456"},
		{"5+2", "93700123456", "93700***56"},
		{"5+2", "+93700123456", "+93700***56"},
		{"hidden", "93700123456", "***"},
		{"0+0", "93700123456", "***"},
		{"8+0", "93700123456", "9370012***"}, // four digits at least stay hidden
		{"4+4", "93700123456", "937***3456"},
		{"5+2", "1234567", "1***67"},
		{"5+2", "123456", "***56"},
		{"0+3", "1234", "***"},
		{"0+3", "123", "***"},
		{"0+3", "", ""},
		{"0+3", "+", "+"},
		{"0+3", "Ghasi", "***i"},
		{"5+2", "93 700 123 456", "***"},
		{"5+2", "^9370.*", "***"},
		{"0+3", "\x00\x01\x02\x03\x04", "***"},
	} {
		m, ok := codec.ParseNumberMask(c.mask)
		if got := m.Mask(c.number); !ok || got != c.want {
			t.Errorf("%s of %q is %q, %v; want %q", c.mask, c.number, got, ok, c.want)
		}
	}
}

// Nothing that can be configured shows a number, and what String says is read back.
func TestEveryNumberMaskHidesFourDigits(t *testing.T) {
	const digits = "123456789012345678901"
	for leading := -1; leading < 12; leading++ {
		for trailing := -1; trailing < 12; trailing++ {
			m := codec.NumberMask{Leading: leading, Trailing: trailing}
			if read, ok := codec.ParseNumberMask(m.String()); ok != m.Valid() || ok && read != m {
				t.Errorf("%v is read as %v, %v; valid %v", m, read, ok, m.Valid())
			}
			for n := range len(digits) {
				if from, to := m.Hidden(digits[:n]); to-from < min(codec.MinHidden, n) {
					t.Errorf("%v hides %d of %d digits", m, to-from, n)
				}
			}
		}
	}
	for _, wrong := range []string{"", "3", "all", "none", "+3", "3+", "0+5", "9+0", "6+3", "-1+3", "1+-1", "0x1+2", "5+2+1", "5-2", "0 + 3", "***"} {
		if m, ok := codec.ParseNumberMask(wrong); ok {
			t.Errorf("%q is read as %v", wrong, m)
		}
	}
}

// A PDU's line for logs has no number in full, wherever a PDU has room for one.
func TestDumpMasked(t *testing.T) {
	const number = "93700123456"
	mask := codec.NumberMask{Leading: 5, Trailing: 2}
	for want, p := range map[string]codec.PDU{
		"submit_sm seq=0 source_addr=***i destination_addr=+93700***56 data_coding=0 short_message=0 octets": &codec.SubmitSM{SourceAddr: "Ghasi", DestinationAddr: "+" + number},
		"query_sm seq=0 message_id=" + number + " source_addr=***":                                           &codec.QuerySM{MessageID: number, SourceAddr: "93 700 123456"},
		"destination_addr=93700***56 dl_name=93700***56":                                                     &codec.SubmitMulti{Destinations: []codec.Destination{{Flag: 1, Name: number}, {Flag: 2, Name: number}}},
		"unsuccess=93700***56:ESME_RINVDSTADR":                                                               &codec.SubmitMultiResp{Unsuccessful: []codec.UnsuccessSME{{Addr: number, Status: codec.StatusInvDstAdr}}},
		"address_range=93700***56":                                                                           &codec.BindTransceiver{Bind: codec.Bind{AddressRange: number}},
		"esme_addr=93700***56":                                                                               &codec.AlertNotification{ESMEAddr: number},
	} {
		if got := codec.DumpMasked(p, mask); !strings.Contains(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// Words of an MNO's own may say whom they are about; codes and counts in them stay.
func TestNumbersInWords(t *testing.T) {
	for words, want := range map[string]string{
		"":                           "",
		"no credit":                  "no credit",
		"error 0512, 3 of 10":        "error 0512, 3 of 10",
		"93700000123 is barred":      "***123 is barred",
		"to +93700000123.":           "to +***123.",
		"93700000123,0700000456;1":   "***123,***456;1",
		"++93700000123++":            "++***123++",
		"code 12345":                 "code ***5",
		"to +93 700-000-123 now":     "to *** now",
		"93 70 00 00 12 3":           "***",
		"203.0.113.111 not allowed":  "203.0.113.111 not allowed",
		"12 of 15, 11-30":            "12 of 15, 11-30",
		"+":                          "+",
		"+1":                         "+1",
		"id SM0123456789abcdef01234": "id SM***789abcdef***4",
	} {
		if got := codec.LastThree.MaskIn(words); got != want {
			t.Errorf("%q becomes %q, want %q", words, got, want)
		}
	}
	refusal := &codec.SubmitSMResp{Header: codec.Header{Sequence: 7, Status: codec.StatusInvDstAdr}, TLVs: codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: []byte("93700000123 is barred\x00")}, {Tag: codec.TagReceiptedMessageID, Value: []byte("93700000123\x00")}}}
	if got := codec.DumpMasked(refusal, codec.LastThree); strings.Contains(got, "barred") || !strings.Contains(got, "receipted_message_id=93700000123") {
		t.Errorf("%s", got)
	}
	if got := codec.Dump(refusal); !strings.Contains(got, "93700000123 is barred") {
		t.Errorf("%s", got)
	}
}
