package actors

import (
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
)

// SMPP 5.0 §4.8.4.18: congestion_state may ride on any response.
func TestCongestionStateIsReadFromAnswers(t *testing.T) {
	for _, c := range []struct {
		id   string
		tlvs codec.TLVs
		want uint8
	}{
		{"8F3A", nil, window.NoCongestionState},
		{"8F3A", codec.TLVs{{Tag: codec.TagCongestionState, Value: []byte{97}}}, 97},
		{"", codec.TLVs{{Tag: 0x1400, Value: []byte("x")}, {Tag: codec.TagCongestionState, Value: []byte{100}}}, 100},
		{"8F3A", codec.TLVs{{Tag: codec.TagCongestionState, Value: []byte{1, 2}}}, window.NoCongestionState},
	} {
		frame := codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7}, MessageID: c.id, TLVs: c.tlvs})
		h := &heard{}
		h.take(frame)
		h.name()
		if len(h.answers) != 1 || h.answers[0].load != c.want || h.answers[0].id != c.id {
			t.Errorf("%q %v: %+v, want %d", c.id, c.tlvs, h.answers, c.want)
		}
	}
}

// SMPP 3.4 §4.4.2: a refusal has no message_id; MNOs send an empty one, or none. Both
// ways its TLVs say why.
func TestWhyIsReadFromRefusals(t *testing.T) {
	tlvs := codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: []byte("barred\x00")}, {Tag: 0x1400, Value: []byte("x")}, {Tag: codec.TagDeliveryFailureReason, Value: []byte{2}}}
	const said = `additional_status_info_text "barred", delivery_failure_reason 2 (permanent network error)`
	refusal := codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7, Status: codec.StatusInvDstAdr}, TLVs: tlvs})
	without := slices.Delete(slices.Clone(refusal), codec.HeaderLen, codec.HeaderLen+1)
	without[3]--
	for name, c := range map[string]struct {
		frame []byte
		want  string
	}{
		"empty message_id":   {refusal, said},
		"none":               {without, said},
		"none, and no TLVs":  {codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7, Status: codec.StatusInvDstAdr}}), ""},
		"an id and no TLVs":  {codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7, Status: codec.StatusInvDstAdr}, MessageID: "17"}), ""},
		"TLVs of other kind": {codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7, Status: codec.StatusInvDstAdr}, TLVs: tlvs[1:2]}), ""},
		"no refusal":         {codec.Append(nil, &codec.SubmitSMResp{Header: codec.Header{Sequence: 7}, MessageID: "17", TLVs: tlvs}), ""},
	} {
		h := &heard{}
		h.take(c.frame)
		if len(h.answers) != 1 || h.answers[0].seq != 7 {
			t.Fatalf("%s: %+v", name, h)
		}
		got := ""
		if why := h.answers[0].why; why != nil {
			got = optional.Reasons(*why, "")
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
