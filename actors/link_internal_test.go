package actors

import (
	"testing"

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
