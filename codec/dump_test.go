package codec

import (
	"strings"
	"testing"
)

// One line, readable, and nothing secret on it.
func TestDump(t *testing.T) {
	for _, c := range []struct {
		p    PDU
		want string
	}{
		{&EnquireLink{Header: Header{Sequence: 1}}, "enquire_link seq=1"},
		{&BindTransceiver{Header{Sequence: 2}, Bind{SystemID: "awcc", Password: "secret", SystemType: "a b", InterfaceVersion: InterfaceVersion34}},
			`bind_transceiver seq=2 system_id=awcc password=*** system_type="a b" interface_version=0x34`},
		{&BindTransceiverResp{Header{StatusInvPaswd, 2}, BindResp{}}, "bind_transceiver_resp seq=2 ESME_RINVPASWD"},
		{&SubmitSM{Header: Header{Sequence: 7}, SourceAddr: "AWCC", DestinationAddr: "93700000001", ESMClass: ESMUDHI, DataCoding: DataCodingUCS2, ShortMessage: []byte("geheim")},
			"submit_sm seq=7 source_addr=AWCC destination_addr=93700000001 esm_class=0x40 data_coding=8 short_message=6 octets"},
		{&SubmitSMResp{Header: Header{Sequence: 7}, MessageID: "a\nb"}, `submit_sm_resp seq=7 ESME_ROK message_id="a\nb"`},
		{&DeliverSM{TLVs: TLVs{
			{TagReceiptedMessageID, []byte("abc\x00")}, {TagMessageState, []byte{2}}, {TagMessagePayload, []byte("geheim")},
			{TagSARMsgRefNum, []byte{1, 0}}, {TagAlertOnMessageDelivery, nil}, {0x1403, []byte("geheim")}, {TagPrivacyIndicator, nil},
		}}, "deliver_sm seq=0 data_coding=0 short_message=0 octets receipted_message_id=abc message_state=DELIVERED message_payload=6 octets" +
			" sar_msg_ref_num=256 alert_on_message_delivery 0x1403=6 octets privacy_indicator=0 octets"},
		{&SubmitMulti{Destinations: []Destination{{Flag: DestSME, Name: "937"}, {Flag: DestDistributionList, Name: "friends"}}},
			"submit_multi seq=0 destination_addr=937 dl_name=friends data_coding=0 short_message=0 octets"},
		{&SubmitMultiResp{MessageID: "m", Unsuccessful: []UnsuccessSME{{Addr: "937", Status: StatusInvDstAdr}}},
			"submit_multi_resp seq=0 ESME_ROK message_id=m unsuccess=937:ESME_RINVDSTADR"},
		{&QuerySMResp{MessageID: "m"}, "query_sm_resp seq=0 ESME_ROK message_id=m message_state=SCHEDULED"},
		{&Raw{ID: 0x1234, Body: []byte("geheim")}, "0x00001234 seq=0 body=6 octets"},
	} {
		got := Dump(c.p)
		if got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
		if strings.Contains(got, "geheim") || strings.Contains(got, "secret") {
			t.Errorf("content shows: %s", got)
		}
	}
	for _, p := range samples() {
		if line := Dump(p); strings.ContainsAny(line, "\r\n") || strings.Contains(line, "password-") {
			t.Errorf("%v: %q", p.Command(), line)
		}
	}
}

// US-SC-002: what leaves the process shows neither a number nor what could repeat a text.
func TestDumpMasked(t *testing.T) {
	words := TLVs{{TagAdditionalStatusInfoText, []byte("geheim\x00")}}
	for _, c := range []struct {
		p    PDU
		want string
	}{
		{&SubmitSMResp{Header: Header{StatusSysErr, 7}, MessageID: "geheim", TLVs: words},
			"submit_sm_resp seq=7 ESME_RSYSERR message_id=6 octets additional_status_info_text=7 octets"},
		{&SubmitSMResp{Header: Header{Sequence: 7}, MessageID: "a1"}, "submit_sm_resp seq=7 ESME_ROK message_id=a1"},
		{&QuerySMResp{Header: Header{StatusQueryFail, 7}, MessageID: "a1"}, "query_sm_resp seq=7 ESME_RQUERYFAIL message_id=a1"},
		{&SubmitSM{DestinationAddr: "93700000123", ValidityPeriod: "geheim", ScheduleDeliveryTime: "000002000000000R", TLVs: words},
			"submit_sm seq=0 destination_addr=***123 schedule_delivery_time=000002000000000R validity_period=6 octets data_coding=0 short_message=0 octets additional_status_info_text=7 octets"},
	} {
		if got := DumpMasked(c.p, LastThree); got != c.want {
			t.Errorf("\n got %s\nwant %s", got, c.want)
		}
	}
}
